#!/usr/bin/env node
// The command `tenon`: from a checkout it runs the TypeScript sources, from a published package the built JavaScript.
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { argv, env, execPath, exit } from "node:process";
import { fileURLToPath } from "node:url";
import { launch } from "./launch.js";
import { nodePath } from "./node-path.js";

const source = new URL("../cli/main.ts", import.meta.url);
const main = existsSync(source) ? source : new URL("../dist/cli/main.js", import.meta.url);
// Node keeps what it compiled, and sources without their types, for the next start. The folder is the user's own.
const compileCache = env.NODE_COMPILE_CACHE ?? join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "tenon", "cli");

let node;
try {
  node = nodePath();
} catch (error) {
  console.error(error.message);
  exit(1);
}

if (node === execPath) {
  const { enableCompileCache } = await import("node:module");
  enableCompileCache(compileCache);
  await import(main.href);
} else {
  launch(node, [fileURLToPath(main), ...argv.slice(2)], { env: { ...env, NODE_COMPILE_CACHE: compileCache } });
}
