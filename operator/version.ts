import { readFileSync } from "node:fs";

/** The version of the package, from a checkout (`operator/`) or from a built one (`dist/operator/`). */
export function readVersion(): string {
  for (const path of ["../package.json", "../../package.json"]) {
    try {
      return (JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8")) as { version: string }).version;
    } catch {
      // The other place.
    }
  }
  return "unknown";
}
