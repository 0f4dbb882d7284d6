import type { Problem } from "../validate.ts";

/** A place in a file; lines and columns count from 1, and are given together. Without them it is the whole file. */
export interface Place {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  /** The field as this file has it: `connections[0].from` in a compose file, `spec.connections[0].from` in a manifest. */
  readonly path?: string;
}

/** Something to tell about a file. A note is no reason to stop. */
export interface Finding {
  readonly severity: "error" | "note";
  readonly message: string;
  readonly hint?: string;
  readonly place: Place;
}

/** Finds the place of a field: `locate("spec.connections[2].from")`. Where it is absent, the nearest field around it. */
export type Locate = (path: string, options?: { readonly key?: boolean | undefined }) => Place;

/** A manifest, and where each of its fields is. */
export interface Located<T> {
  readonly manifest: T;
  readonly file: string;
  readonly locate: Locate;
  /** Some fields have mistakes, which findings tell of, and are left out: good for telling more, not for running. */
  readonly partial?: true;
}

/** A problem with its place. */
export function asFinding({ path, message, hint, key }: Problem, locate: Locate): Finding {
  return { severity: "error", message, ...(hint === undefined ? {} : { hint }), place: locate(path, { key }) };
}
