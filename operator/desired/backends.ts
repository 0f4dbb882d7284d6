import type { BackendSpec } from "../../api/backends.ts";
import type { SpecProblem } from "./desired.ts";

/** A backend that a runner of this version serves. `path` is below the volume, or below a folder of the runner's own. */
export type PlannedBackend =
  | { readonly kind: "memory" }
  | { readonly kind: "sqlite"; readonly volume: string | undefined; readonly path: string };

/** Decides how a backend is served; undefined where it cannot be, and `problems` says why. */
export function planBackend(
  { name, keyvalue, messaging }: BackendSpec,
  { field, problems }: { readonly field: string; readonly problems: SpecProblem[] },
): PlannedBackend | undefined {
  if (keyvalue?.memory !== undefined) return { kind: "memory" };
  if (keyvalue?.sqlite === undefined) {
    const kind = messaging !== undefined ? "messaging" : keyvalue?.redis !== undefined ? "redis" : "nats";
    problems.push({
      field,
      message: `Cannot serve backend "${name}", this version runs memory and sqlite, not: ${kind}`,
      hint: "Write keyvalue: { memory: {} } or keyvalue: { sqlite: {} }",
    });
    return undefined;
  }
  const { volume, path = `${name}.sqlite` } = keyvalue.sqlite;
  if (!isBelow(path)) {
    const message = `Must be a file below its volume: ${path}`;
    problems.push({ field: `${field}.keyvalue.sqlite.path`, message, hint: "Write a path without .." });
    return undefined;
  }
  return { kind: "sqlite", volume, path };
}

/** True for a relative path of at least one name that leads nowhere else, on any system. */
function isBelow(path: string): boolean {
  const segments = path.split("/");
  return !/[\\\0]/.test(path) && segments.every((segment) => segment !== "" && segment !== "." && segment !== "..");
}
