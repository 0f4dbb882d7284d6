import { createHash } from "node:crypto";
import { stringify } from "yaml";
import { type Decision, decide } from "../../../wiring/decide.ts";
import { type Diagnostic, formatDiagnostic } from "../../../wiring/diagnostic.ts";
import type { Failure } from "../../../wiring/failure.ts";
import { type ComposeRequest, makeComposeRequest } from "../../../wiring/request.ts";
import type { Wiring, WiringSpec } from "../../../wiring/spec.ts";
import type { TypeTable } from "../../../wiring/table.ts";
import { buildComponent, type Source } from "./dummy.ts";

/** What the tests need of the composer. */
export interface Engine {
  inspect(bytes: Uint8Array): Promise<TypeTable>;
  compose(components: readonly Uint8Array[], wiring: ComposeRequest): Promise<Uint8Array>;
}

/** Components that were built and inspected, by name. */
export interface Built {
  readonly bytes: ReadonlyMap<string, Uint8Array>;
  readonly tables: ReadonlyMap<string, TypeTable>;
  readonly unreadable: ReadonlyMap<string, Failure>;
}

/** What the composer, that is wac and the newest validator, says of a wiring. */
export type Verdict =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly reason: string };

/** Builds and inspects components through an engine; each binary once. */
export class Workshop {
  readonly #engine: Engine;
  readonly #tables = new Map<string, Promise<TypeTable>>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async build(sources: ReadonlyMap<string, Source>): Promise<Built> {
    const [bytes, tables, unreadable] = [
      new Map<string, Uint8Array>(),
      new Map<string, TypeTable>(),
      new Map<string, Failure>(),
    ];
    for (const [name, source] of sources) {
      const built = await buildComponent(source);
      bytes.set(name, built);
      try {
        tables.set(name, await this.inspect(built));
      } catch (error) {
        unreadable.set(name, error as Failure);
      }
    }
    return { bytes, tables, unreadable };
  }

  inspect(bytes: Uint8Array): Promise<TypeTable> {
    const id = digest(bytes);
    const known = this.#tables.get(id) ?? this.#engine.inspect(bytes);
    this.#tables.set(id, known);
    return known;
  }

  async compose(wiring: Wiring, bytes: ReadonlyMap<string, Uint8Array>): Promise<Verdict> {
    try {
      const { components, request } = makeComposeRequest(wiring, (name) => digest(bytes.get(name)!));
      const composed = await this.#engine.compose(
        components.map((name) => bytes.get(name)!),
        request,
      );
      return { ok: true, bytes: composed };
    } catch (error) {
      const { code, message } = error as Failure;
      return { ok: false, reason: `${code}: ${message}` };
    }
  }
}

/** Decides over built components. */
export function decideBuilt(spec: WiringSpec, { tables, unreadable }: Built): Decision {
  return decide(spec, tables, { unreadable });
}

/** Findings as the text of a fixture's `error.txt`. */
export function renderFindings(diagnostics: readonly Diagnostic[]): string {
  return `${diagnostics.map(formatDiagnostic).join("\n")}\n`;
}

/** A valid decision as the text of a fixture's `wiring.yaml`. */
export function renderWiring({ attempt, diagnostics }: Decision): string {
  const end = ({ instance, item, inner }: { instance: string; item: string; inner?: string }) =>
    `${instance}/${item}${inner === undefined ? "" : `#${inner}`}`;
  return stringify(
    {
      edges: attempt.edges.map(({ from, to, how }) => `${end(from)} -> ${end(to)} (${how})`),
      hostImports: attempt.hostImports.map((left) =>
        left.item === left.interface ? end(left) : `${end(left)}: ${left.interface}`,
      ),
      exports: attempt.exports.map(({ name, ...from }) => (name === from.item ? end(from) : `${end(from)} as ${name}`)),
      ...(diagnostics.length === 0 ? {} : { warnings: diagnostics.map(formatDiagnostic) }),
    },
    { lineWidth: 0 },
  );
}

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
