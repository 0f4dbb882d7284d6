import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { env, execPath } from "node:process";
import { root } from "./paths.ts";
import { run } from "./run.ts";

/** What guests are built with. jco comes with `npm install`; the others are the machine's. */
export type Tool = "cargo" | "clang" | "go" | "jco" | "python";

/** What is missing of a tool and how to get it, or undefined where it is at hand. */
export async function lacksTool(tool: Tool): Promise<string | undefined> {
  lacks[tool] ??= checks[tool]();
  return await lacks[tool];
}

/** Asked once a process. */
const lacks: Partial<Record<Tool, Promise<string | undefined>>> = {};

const checks: Readonly<Record<Tool, () => Promise<string | undefined>>> = {
  async cargo() {
    if (!(await onPath("cargo"))) return "cargo: install Rust, https://rustup.rs";
    const target = "rustup target add wasm32-wasip2";
    const libraries = await run("rustc", ["--print", "target-libdir", "--target", "wasm32-wasip2"]).catch(() => "");
    return (await exists(libraries.trim())) ? undefined : `Rust's target wasm32-wasip2: ${target}`;
  },
  async clang() {
    const hint = "on Debian: apt-get install clang lld wasi-libc libclang-rt-14-dev-wasm32";
    if (!(await onPath("clang")) || !(await onPath("wasm-ld"))) return `clang and lld: ${hint}`;
    return (await exists("/usr/include/wasm32-wasi/stdlib.h")) ? undefined : `wasi-libc: ${hint}`;
  },
  async go() {
    return (await onPath("go")) ? undefined : "Go 1.25 or newer: https://go.dev/dl";
  },
  async jco() {
    return (await exists(jcoPath)) ? undefined : "jco: npm install";
  },
  async python() {
    const hint = "Python 3.10 or newer with venv and pip: https://www.python.org";
    if (!(await onPath("python3"))) return hint;
    const enough = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))";
    return await run("python3", ["-c", enough]).then(
      () => undefined,
      () => hint,
    );
  },
};

const jcoPath = join(root, "node_modules/@bytecodealliance/jco/dist/jco.js");

/** Runs jco. With `disk`, its tools may read the disk: they need it for the WIT, but for the QuickJS back end. */
export async function jco(args: readonly string[], options: { readonly disk?: boolean } = {}): Promise<void> {
  await run(execPath, [...(options.disk ? preload : []), jcoPath, ...args]);
}

/** Runs a script of this folder with jco's packages at hand and the disk preopened. */
export async function runWithDisk(script: string, args: readonly string[]): Promise<void> {
  await run(execPath, [...preload, join(import.meta.dirname, script), ...args]);
}

const preload = ["--import", join(import.meta.dirname, "jco-preload.js")];

async function onPath(command: string): Promise<boolean> {
  const folders = (env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  const found = await Promise.all(folders.map((folder) => exists(join(folder, command), constants.X_OK)));
  return found.includes(true);
}

async function exists(path: string, mode: number = constants.R_OK): Promise<boolean> {
  return await access(path, mode).then(
    () => path !== "",
    () => false,
  );
}
