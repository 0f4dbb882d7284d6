import { accessSync, constants } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

/** The versions that are built where none are at hand. The build folder's go.mod files name the same. */
export const assetVersions = { kubernetes: "v1.34.4", etcd: "v3.6.16" } as const;

/** What the api tier cannot do without. */
export const neededPrograms = ["etcd", "kube-apiserver"] as const;

/** Where the programs of the control plane are; `kubectl` and the controllers are needed by some tests only. */
export interface KubeAssets {
  readonly folder: string;
  readonly etcd: string;
  readonly apiServer: string;
  readonly controllerManager: string | undefined;
  readonly kubectl: string | undefined;
}

/** Where what was built is kept: `XDG_CACHE_HOME/tenon/kube-assets/VERSION`. */
export function assetCache(env: Readonly<Record<string, string | undefined>>): string {
  const cache = env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  return join(cache, "tenon", "kube-assets", assetVersions.kubernetes);
}

/** The assets of `KUBEBUILDER_ASSETS`, else those of the cache; undefined where neither has what is needed. */
export function findAssets(env: Readonly<Record<string, string | undefined>>): KubeAssets | undefined {
  const named = env["KUBEBUILDER_ASSETS"];
  // One who names a folder means it: the cache never stands in for it.
  const folder = named ? named : assetCache(env);
  const at = (program: string) => join(folder, program);
  if (!neededPrograms.every((program) => isProgram(at(program)))) return undefined;
  const optional = (program: string) => (isProgram(at(program)) ? at(program) : undefined);
  return {
    folder,
    etcd: at("etcd"),
    apiServer: at("kube-apiserver"),
    controllerManager: optional("kube-controller-manager"),
    kubectl: optional("kubectl") ?? onPath("kubectl", env),
  };
}

/** The first program of this name in `PATH`. */
export function onPath(program: string, env: Readonly<Record<string, string | undefined>>): string | undefined {
  return (env["PATH"] ?? "")
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, program))
    .find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
