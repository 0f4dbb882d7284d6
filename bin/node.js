#!/usr/bin/env node
// Runs a script with Node 26, whatever `node` is on the PATH. Plain JavaScript that Node 20 can read.
import { argv } from "node:process";
import { launch } from "./launch.js";
import { nodePath } from "./node-path.js";

launch(nodePath(), argv.slice(2));
