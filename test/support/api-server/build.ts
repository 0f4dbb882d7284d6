import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { assetCache, assetVersions, findAssets, type KubeAssets, onPath } from "./assets.ts";
import { ApiServerError } from "./error.ts";

type Environment = Readonly<Record<string, string | undefined>>;

const [, major, minor] = /^v(\d+)\.(\d+)\./.exec(assetVersions.kubernetes)!;
const versionPackage = "k8s.io/component-base/version";

/** A build without these says that it is version 0, and kubectl warns. */
const kubernetesFlags = [
  "-s -w",
  `-X ${versionPackage}.gitVersion=${assetVersions.kubernetes}`,
  `-X ${versionPackage}.gitMajor=${major}`,
  `-X ${versionPackage}.gitMinor=${minor}`,
  `-X ${versionPackage}.gitTreeState=clean`,
].join(" ");

const programs = [
  { name: "etcd", module: "etcd", path: "go.etcd.io/etcd/server/v3", flags: "-s -w" },
  {
    name: "kube-apiserver",
    module: "kubernetes",
    path: "k8s.io/kubernetes/cmd/kube-apiserver",
    flags: kubernetesFlags,
  },
  {
    name: "kube-controller-manager",
    module: "kubernetes",
    path: "k8s.io/kubernetes/cmd/kube-controller-manager",
    flags: kubernetesFlags,
  },
] as const;

/**
 * The assets at hand; where there are none, those built from the published Go modules into the cache, which takes some
 * minutes. `say` gets a line as each program begins and ends. Rejects with `missing` where there is no Go, or where
 * KUBEBUILDER_ASSETS names a folder without the programs.
 */
export async function provideAssets(env: Environment, say: (line: string) => void): Promise<KubeAssets> {
  const found = findAssets(env);
  if (found !== undefined) return found;
  const named = env["KUBEBUILDER_ASSETS"];
  if (named) {
    throw new ApiServerError("missing", `Cannot use KUBEBUILDER_ASSETS: no etcd and kube-apiserver in ${named}`);
  }
  const go = onPath("go", env);
  if (go === undefined) {
    throw new ApiServerError(
      "missing",
      "Cannot provide etcd and kube-apiserver: set KUBEBUILDER_ASSETS to a folder that has them, or install Go (https://go.dev) to build them",
    );
  }
  await buildAssets(go, { env, say });
  const built = findAssets(env);
  if (built === undefined) throw new ApiServerError("missing", `Cannot find what was built: ${assetCache(env)}`);
  return built;
}

async function buildAssets(
  go: string,
  { env, say }: { readonly env: Environment; readonly say: (line: string) => void },
): Promise<void> {
  const cache = assetCache(env);
  await mkdir(dirname(cache), { recursive: true });
  // The cache appears at once and whole: two runs at a time do not see half of it.
  const scratch = await mkdtemp(`${cache}.`);
  try {
    for (const [index, { name, module, path, flags }] of programs.entries()) {
      say(`[${index + 1}/${programs.length}] go build ${path}`);
      const started = performance.now();
      await run(go, ["build", "-trimpath", "-ldflags", flags, "-o", join(scratch, name), path], {
        cwd: join(import.meta.dirname, "build", module),
        env: { ...env, CGO_ENABLED: "0", GOWORK: "off", GOFLAGS: "-mod=readonly -buildvcs=false" },
      });
      say(`[${index + 1}/${programs.length}] ${name}: ${Math.round((performance.now() - started) / 1000)} s`);
    }
    await rm(cache, { recursive: true, force: true });
    await rename(scratch, cache);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function run(
  command: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env: Environment },
): Promise<void> {
  const child = spawn(command, args, { ...options, stdio: ["ignore", "inherit", "inherit"] });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", resolve);
  });
  if (code !== 0) throw new ApiServerError("start", `Cannot build ${args.at(-1)}: ${command} ended with ${code}`);
}
