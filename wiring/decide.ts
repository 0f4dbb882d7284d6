import { type Diagnostic, inSpecOrder } from "./diagnostic.ts";
import { Draft } from "./draft.ts";
import { EndReader } from "./ends.ts";
import { addExports } from "./exports.ts";
import type { Failure } from "./failure.ts";
import { serveByConnection, serveRest } from "./imports.ts";
import { readInstances } from "./instances.ts";
import type { Components, CompositionExport, Wiring, WiringSpec } from "./spec.ts";
import { checkTypes } from "./types.ts";

/** A wiring, or every reason against it. `attempt` is what was understood; it is complete where `valid`. */
export interface Decision {
  readonly valid: boolean;
  readonly attempt: Wiring;
  /** In the order of the spec. Warnings may be among them where `valid`. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Decides the wiring of a composition: pure, total, all findings at once, in the order of the spec.
 *
 * A valid answer is one that composes. That a runner can run it is for `checkRunner` to say. `unreadable` has the
 * components that the composer could not inspect, and why: they are reported at each instance that uses them.
 */
export function decide(
  spec: WiringSpec,
  components: Components,
  options: { readonly unreadable?: ReadonlyMap<string, Failure> } = {},
): Decision {
  const draft = new Draft(spec, components, options.unreadable ?? new Map());
  readInstances(draft);
  const reader = new EndReader(draft);
  const made = readConnections(draft, reader);
  serveRest(draft);
  addExports(draft, reader, made);
  checkTypes(draft);
  const { edges, hostImports, exports } = draft;
  const diagnostics = inSpecOrder(draft.findings);
  return {
    valid: diagnostics.every(({ severity }) => severity !== "error"),
    attempt: { instances: spec.instances, edges, hostImports, exports },
    diagnostics,
  };
}

/** Adds the edges and the host's imports; returns the exports, which `spec.exports` may rename. */
function readConnections(draft: Draft, reader: EndReader): CompositionExport[] {
  const made: CompositionExport[] = [];
  for (const index of (draft.spec.connections ?? []).keys()) {
    const field = `spec.connections[${index}]`;
    const connection = reader.connection(index);
    if (connection.kind === "export") made.push({ ...connection.end, name: connection.name, field });
    else if (connection.kind !== "invalid") serveByConnection(draft, connection, field);
  }
  return made;
}
