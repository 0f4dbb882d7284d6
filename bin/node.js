#!/usr/bin/env node
// Runs a script with Node 26, whatever `node` is on the PATH. Plain JavaScript that Node 20 can read.
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { argv, exit } from "node:process";
import { nodePath } from "./node-path.js";

const child = spawn(nodePath(), argv.slice(2), { stdio: "inherit" });
// A terminal sends its signals to the whole group; anybody else sends them to this process only.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => child.kill("SIGTERM"));
process.on("SIGHUP", () => child.kill("SIGHUP"));
child.on("exit", (code, signal) => exit(code ?? 128 + (constants.signals[signal] ?? 0)));
