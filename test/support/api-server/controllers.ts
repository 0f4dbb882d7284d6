import { join } from "node:path";
import type { KubeAssets } from "./assets.ts";
import type { ApiServerFiles } from "./control-plane.ts";
import { ApiServerError } from "./error.ts";
import { type Guarded, startGuarded } from "./process.ts";
import type { TestUser } from "./users.ts";

/** Starts kube-controller-manager with these controllers and no others. Rejects with `missing` where it is not at hand. */
export async function startControllers(
  controllers: readonly string[],
  world: { readonly assets: KubeAssets; readonly files: ApiServerFiles; readonly admin: TestUser },
): Promise<Guarded> {
  const { assets, files, admin } = world;
  if (assets.controllerManager === undefined) {
    throw new ApiServerError("missing", `Cannot start controllers: no kube-controller-manager in ${assets.folder}`);
  }
  return startGuarded(
    assets.controllerManager,
    [
      `--kubeconfig=${admin.kubeconfig}`,
      `--controllers=${controllers.join(",")}`,
      "--bind-address=127.0.0.1",
      "--secure-port=0",
      "--leader-elect=false",
      `--service-account-private-key-file=${files.tokenKey}`,
      `--root-ca-file=${join(files.folder, "ca.crt")}`,
      // Its own limit of 20 requests a second is for clusters that others share.
      "--kube-api-qps=500",
      "--kube-api-burst=1000",
    ],
    { log: join(files.folder, "kube-controller-manager.log") },
  );
}
