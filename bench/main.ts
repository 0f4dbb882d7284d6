/**
 * `npm run bench [ROW…]`: each row of the speed table against its peers, in one run, as ratios.
 *
 * Two machines never agree about microseconds; two programs on one machine, one after the other, agree about a ratio.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { argv, execPath, exit } from "node:process";

const table = ["serve", "edge", "compose", "cold"];
/** Checks of their own: they exit 1 where a promise is not kept. */
const rows = [...table, "deadline", "soak", "operator", "operator-churn"];
const wanted = argv.slice(2).length > 0 ? argv.slice(2) : table;
let failed = 0;
for (const row of wanted) {
  const file = join(import.meta.dirname, `${row}.ts`);
  if (!rows.includes(row) || !existsSync(file)) {
    console.error(`Cannot run the bench ${row}: the rows are ${rows.join(", ")}`);
    exit(2);
  }
  console.log(`\n== ${row}`);
  if (spawnSync(execPath, [file], { stdio: "inherit" }).status !== 0) failed++;
}
exit(failed === 0 ? 0 : 1);
