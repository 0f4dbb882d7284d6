import type { PlanType } from "../link/plan.ts";
import { CallError } from "./error.ts";

/** A value of another kind than the type asks for. */
export function expected(what: string, json: unknown, path: string): CallError {
  const text = json === undefined ? "nothing" : (JSON.stringify(json) ?? "nothing");
  return invalid(path, `expected ${what}, found ${text.length > 60 ? `${text.slice(0, 60)}…` : text}`);
}

/** A value that does not fit the type. */
export function invalid(path: string, why: string): CallError {
  return new CallError("invalid-argument", `Cannot read ${path}: ${why}`, { path });
}

/** A type without a JSON form. */
export function unsupported(type: PlanType, path: string): CallError {
  const what = typeof type === "string" ? type : Object.keys(type)[0];
  return new CallError(
    "unsupported-type",
    `Cannot pass ${path} through JSON: a value of type ${what} has no JSON form`,
    {
      path,
    },
  );
}
