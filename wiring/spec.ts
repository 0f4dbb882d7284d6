import type { TypeTable } from "./table.ts";

/** The part of a composition that the wiring reads. `name` is the composition's own. */
export interface WiringSpec {
  readonly name: string;
  readonly instances: readonly { readonly name: string; readonly component: string }[];
  readonly connections?: readonly { readonly from: string; readonly to: string }[];
  /** Auto when left out. */
  readonly wiring?: "Auto" | "Explicit";
  readonly exports?: readonly { readonly name?: string; readonly from: string }[];
}

/** Type tables by component name. One binary under two names should be one table object: it is encoded once. */
export type Components = ReadonlyMap<string, TypeTable>;

/** One end of an edge: the instance and the name of its import or export, exactly as the component has it. */
export interface End {
  readonly instance: string;
  readonly item: string;
  /** A name inside that instance export: a plain resource import is served by `wasi:io/streams` then `input-stream`. */
  readonly inner?: string;
}

/** `from` imports, `to` exports. */
export interface Edge {
  readonly from: End;
  readonly to: End;
  readonly how: "Explicit" | "Implicit";
  /** The field that a finding about this edge belongs to. */
  readonly field: string;
}

/** An import that the host serves. `item` is the import's name, `interface` what it carries (they differ for labels). */
export interface HostImport extends End {
  readonly interface: string;
  readonly field: string;
}

/** An item of the composition's own. */
export interface CompositionExport extends End {
  readonly name: string;
  readonly field: string;
}

/** A decided wiring: what `compose` needs, no more. */
export interface Wiring {
  readonly instances: WiringSpec["instances"];
  readonly edges: readonly Edge[];
  readonly hostImports: readonly HostImport[];
  /** In the order in which they have to be written: interfaces before functions. */
  readonly exports: readonly CompositionExport[];
}
