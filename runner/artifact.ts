import type { Plan } from "./link/plan.ts";

/** What a runner needs of a composition: this index, and the blobs that it names. Its digest is the sha256 of its JSON. */
export interface ArtifactIndex {
  readonly format: 1;
  /** The composition's `metadata.name`. */
  readonly name: string;
  readonly plan: Plan;
  /** By module number of the plan: the core modules, content-addressed, each stored once whatever uses it. */
  readonly blobs: readonly Blob[];
  readonly wiring: WiringReport;
}

/** `digest` is `sha256:` and 64 hexadecimal digits. */
export interface Blob {
  readonly digest: string;
  readonly size: number;
}

/** How the composition was wired, for `/status` and for people. */
export interface WiringReport {
  readonly instances: readonly { readonly name: string; readonly component: string; readonly digest: string }[];
  readonly edges: readonly {
    readonly from: string;
    readonly to: string;
    /** The import's name at `from`, and the export's at `to`. */
    readonly import: string;
    readonly export: string;
    readonly how: "Explicit" | "Implicit";
  }[];
  readonly hostImports: readonly { readonly instance: string; readonly interface: string }[];
  readonly exports: readonly { readonly name: string; readonly instance: string }[];
}
