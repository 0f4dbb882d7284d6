import type { ComposerFailure } from "./error.ts";

/** A decided wiring; `component` is an index into the list of components. What no edge serves is left to the host. */
export interface ComposeWiring {
  readonly instances: readonly { readonly name: string; readonly component: number }[];
  /** `from` imports, `to` exports; `inner` is an export of that export. */
  readonly edges: readonly {
    readonly from: { readonly instance: string; readonly item: string };
    readonly to: { readonly instance: string; readonly item: string; readonly inner?: string };
  }[];
  readonly exports: readonly { readonly name: string; readonly instance: string; readonly item: string }[];
}

/** A package that a WAC script names. */
export interface PackageName {
  readonly name: string;
  readonly version?: string;
}

/** A file of WIT text: `NAME.wit` of the package itself, `deps/NAME.wit` or `deps/NAME/FILE.wit` of one that it needs. */
export interface WitSource {
  readonly path: string;
  readonly text: string;
}

/** One call of the engine, as the worker gets it. */
export type Call =
  | { readonly stage: "inspect"; readonly bytes: Uint8Array }
  | { readonly stage: "compose"; readonly components: readonly Uint8Array[]; readonly wiring: ComposeWiring }
  | { readonly stage: "wacPackages"; readonly source: string }
  | {
      readonly stage: "evaluateWac";
      readonly source: string;
      readonly packages: readonly (PackageName & { readonly component: number })[];
      readonly components: readonly Uint8Array[];
    }
  | { readonly stage: "world"; readonly sources: readonly WitSource[]; readonly name?: string }
  | { readonly stage: "flatten"; readonly bytes: Uint8Array; readonly deadlines: boolean };

/** What each call answers. */
export interface Results {
  /** JSON. */
  readonly inspect: string;
  readonly compose: Uint8Array;
  readonly wacPackages: readonly PackageName[];
  readonly evaluateWac: ComposeWiring;
  readonly world: Uint8Array;
  /** `plan` is JSON. */
  readonly flatten: { readonly plan: string; readonly modules: readonly Uint8Array[] };
}

/** The worker's answer to the one call that it has. */
export type Answer = { readonly result: Results[keyof Results] } | { readonly failure: Omit<ComposerFailure, "stage"> };
