/** Builds the four components of this example from their sources into `components/`. The recipes are in guests/recipes.ts. */
import { exit } from "node:process";
import { buildGuests } from "../../guests/build.ts";

const parts = ["authentication", "user-database", "logger", "front"].map((name) => `user-api/${name}`);
if (!(await buildGuests(parts, { force: true }))) exit(1);
