/** A process that runs a guest with its own standard streams, for the test of `stdio: Inherit`. */
import { argv, exit } from "node:process";
import { loadCommand } from "./command.ts";

const command = await loadCommand("cli");
const { code } = await command.run(argv.slice(2), { stdio: "Inherit" });
exit(code);
