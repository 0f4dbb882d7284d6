import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { RunnerConfig } from "./config.ts";

/**
 * The flags of Node for a worker: its permission model with nothing but what the configuration grants, and no code from
 * strings. A second wall: guests are held by their host functions, this holds a host function that is wrong.
 * `compileCache` is the folder where Node keeps compiled sources.
 */
export function workerFlags(config: RunnerConfig, compileCache?: string): string[] {
  // Where mounts are walked from one open directory to the next, so that no link can lead out (runner/host/filesystem).
  const open = "/proc/self/fd";
  const read = new Set([fileURLToPath(new URL("../", import.meta.url)), resolve(config.artifact), open]);
  const write = new Set<string>();
  for (const grants of Object.values(config.grants)) {
    for (const mount of grants.filesystem ?? []) {
      read.add(resolve(mount.path));
      if (!mount.readOnly) write.add(resolve(mount.path));
    }
  }
  for (const backend of Object.values(config.backends)) {
    // SQLite keeps its journal next to the file.
    if ("sqlite" in backend.keyvalue) write.add(dirname(resolve(backend.keyvalue.sqlite.path)));
  }
  if (write.size > 0) write.add(open);
  if (compileCache !== undefined) write.add(resolve(compileCache));
  for (const path of write) read.add(path);
  return [
    "--permission",
    "--allow-net",
    // The watchdog is a thread. It gets the same permissions.
    "--allow-worker",
    ...[...read].map((path) => `--allow-fs-read=${path}`),
    ...[...write].map((path) => `--allow-fs-write=${path}`),
    "--disallow-code-generation-from-strings",
    "--disable-warning=PERM0006",
    "--disable-warning=ExperimentalWarning",
  ];
}

/** Of the environment only what Node itself reads: a guest's variables come from its grants, and secrets stay outside. */
export function workerEnvironment(env: NodeJS.ProcessEnv, compileCache?: string): NodeJS.ProcessEnv {
  const kept = ["TZ", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "SSL_CERT_DIR", "TENON_DEBUG", "NO_COLOR", "FORCE_COLOR"];
  return {
    ...Object.fromEntries(kept.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]]))),
    ...(compileCache === undefined ? {} : { NODE_COMPILE_CACHE: compileCache }),
  };
}
