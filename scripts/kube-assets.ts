/**
 * `kube-assets.ts`: prints the folder with etcd and kube-apiserver, for KUBEBUILDER_ASSETS. It takes what KUBEBUILDER_ASSETS
 * names, else the cache, else builds them from the published Go modules into the cache, with progress on stderr.
 */
import { env, exit, stderr, stdout } from "node:process";
import { provideAssets } from "../test/support/api-server/build.ts";
import { ApiServerError } from "../test/support/api-server/error.ts";

try {
  const { folder } = await provideAssets(env, (line) => stderr.write(`${line}\n`));
  stdout.write(`${folder}\n`);
} catch (error) {
  if (!(error instanceof ApiServerError)) throw error;
  stderr.write(`${error.message}\n`);
  exit(1);
}
