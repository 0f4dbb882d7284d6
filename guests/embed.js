// node --import ./jco-preload.js embed.js WIT WORLD CORE OUT: writes the type of a world into a core module.
// `jco embed` can't be told which world: it passes `worldName` to an API that reads `world`.
import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { argv } from "node:process";
import { componentEmbed } from "@bytecodealliance/jco";

const [wit, world, core, out] = argv.slice(2);
await writeFile(out, await componentEmbed({ witPath: resolve(wit), world, binary: await readFile(core) }));
