import { spawn } from "node:child_process";
import { chmod, mkdir, mkdtemp, rename, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { onPath } from "../api-server/assets.ts";
import { HelmError } from "./error.ts";

type Environment = Readonly<Record<string, string | undefined>>;

const version = "v3.22.0";
const longestBuildMs = 900_000;
const packagePath = "helm.sh/helm/v3";
/** Without these helm takes itself for one of Kubernetes 1.20. */
const kubernetes = { major: "1", minor: "34" } as const;

/** Where a helm that was built is kept: `XDG_CACHE_HOME/tenon/helm/VERSION/helm`. */
function cachedHelm(env: Environment): string {
  return join(env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "tenon", "helm", version, "helm");
}

/** The helm of KUBEBUILDER_ASSETS, else of PATH, else of the cache; undefined where there is none. */
export function findHelm(env: Environment): string | undefined {
  const folders = [env["KUBEBUILDER_ASSETS"], env["PATH"], dirname(cachedHelm(env))].filter((folder) => folder);
  return onPath("helm", { PATH: folders.join(":") });
}

/**
 * The helm at hand; where there is none, one that is built from the published Go module into the cache, which takes some
 * minutes. `say` gets a line as that begins and ends. Rejects with `missing` where there is no Go, with `build` where it fails.
 */
export async function provideHelm(env: Environment, say: (line: string) => void): Promise<string> {
  const found = findHelm(env);
  if (found !== undefined) return found;
  const go = onPath("go", env);
  if (go === undefined)
    throw new HelmError("missing", "Cannot provide helm: install helm, or Go (https://go.dev) to build it");
  const helm = cachedHelm(env);
  const lock = `${dirname(helm)}.lock`;
  await mkdir(dirname(lock), { recursive: true });
  // Test files run side by side: one builds, the others wait for it.
  while (!(await takeLock(lock))) {
    await setTimeout(1000);
    const built = findHelm(env);
    if (built !== undefined) return built;
  }
  try {
    await buildInto(dirname(helm), { go, env, say });
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
  return helm;
}

/** False where another process has it, and has it since less than the longest build takes. */
async function takeLock(lock: string): Promise<boolean> {
  try {
    await mkdir(lock);
    return true;
  } catch {
    const { mtimeMs } = await stat(lock).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > longestBuildMs) await rm(lock, { recursive: true, force: true });
    return false;
  }
}

/** The folder appears at once and whole. */
async function buildInto(
  folder: string,
  { go, env, say }: { readonly go: string; readonly env: Environment; readonly say: (line: string) => void },
): Promise<void> {
  const scratch = await mkdtemp(`${folder}.`);
  try {
    say(`go install ${packagePath}/cmd/helm@${version}`);
    const started = performance.now();
    await build(go, { ...env, GOBIN: scratch });
    say(`helm: ${Math.round((performance.now() - started) / 1000)} s`);
    await chmod(scratch, 0o755);
    await rm(folder, { recursive: true, force: true });
    await rename(scratch, folder);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function build(go: string, env: Environment): Promise<void> {
  const ldflags = [
    "-s -w",
    `-X ${packagePath}/internal/version.version=${version}`,
    ...["pkg/lint/rules", "pkg/chartutil"].flatMap((folder) => [
      `-X ${packagePath}/${folder}.k8sVersionMajor=${kubernetes.major}`,
      `-X ${packagePath}/${folder}.k8sVersionMinor=${kubernetes.minor}`,
    ]),
  ].join(" ");
  const child = spawn(go, ["install", "-trimpath", "-ldflags", ldflags, `${packagePath}/cmd/helm@${version}`], {
    env: { ...env, CGO_ENABLED: "0", GOWORK: "off", GOFLAGS: "-buildvcs=false" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-2000);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code !== 0) throw new HelmError("build", `Cannot build helm, go ended with ${code}: ${said.trim()}`);
}
