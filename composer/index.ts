import type { Plan } from "../runner/link/plan.ts";
import type { TypeTable } from "../wiring/table.ts";
import { Calls } from "./calls.ts";
import { ComposerError, type ComposerStage } from "./error.ts";
import type { ComposeWiring, PackageName, WitSource } from "./protocol.ts";

/** A package of a WAC script, with its component. */
export interface WacPackage extends PackageName {
  readonly bytes: Uint8Array;
}

/**
 * The engine: bytes in, bytes and types out, the same for the same. All calls reject with a `ComposerError` and leave the
 * composer usable. They run one after the other; buffers that are passed in stay the caller's, and must not change until
 * the call settles.
 */
export interface Composer {
  /** Reads the imports, exports and types of a component. Function bodies are not looked at. WIT in binary form is one. */
  inspect(bytes: Uint8Array): Promise<TypeTable>;
  /**
   * Fuses components; the result is valid, and keeps the instances' names. Pass each distinct component once: 200
   * instances of one are about its size. The engine's limit is 1000 nested modules and components.
   */
  compose(components: readonly Uint8Array[], wiring: ComposeWiring): Promise<Uint8Array>;
  /** The packages that a WAC script needs, in the order of their first use. */
  wacPackages(source: string): Promise<readonly PackageName[]>;
  /** What a WAC script describes; `component` of its instances is the package's index. Errors have a `position`. */
  evaluateWac(source: string, packages: readonly WacPackage[]): Promise<ComposeWiring>;
  /**
   * WIT text to a component of types only, which `inspect` reads as the world; it cannot run. `world` is a name, with or
   * without its package; it may be left out where the package has one world. At most 1 MiB of text. Errors of the text have
   * the file as `subject`, and a `position`.
   */
  world(sources: readonly WitSource[], options?: { readonly world?: string | undefined }): Promise<Uint8Array>;
  /** Core modules and the plan to link them; `deadlines` writes checks into the guests' code. */
  flatten(
    bytes: Uint8Array,
    options: { readonly deadlines: boolean },
  ): Promise<{ readonly plan: Plan; readonly modules: readonly Uint8Array[] }>;
  /** Ends the worker. Calls under way reject with the code `closed`. */
  close(): Promise<void>;
}

/** Bounds of a composer; each has a default that fits compositions of a few hundred components. */
export interface ComposerOptions {
  /** Milliseconds that one call may take; 120,000. */
  readonly deadlineMs?: number;
  /** Bytes of the engine's memory; 512 MiB. */
  readonly memoryBytes?: number;
  /** Bytes of all components of one call; 256 MiB. */
  readonly inputBytes?: number;
  /** Closes the composer. */
  readonly signal?: AbortSignal;
}

const MIB = 2 ** 20;
/** Nobody writes a longer script, and a parser's stack has an end. */
const SCRIPT_LENGTH = MIB;
/** Of one call, in characters of text and of paths. */
const WIT_LENGTH = MIB;

/** Starts nothing before the first call. An idle composer does not keep the process alive. */
export function startComposer(options: ComposerOptions = {}): Composer {
  const { deadlineMs = 120_000, memoryBytes = 512 * MIB, inputBytes = 256 * MIB, signal } = options;
  const calls = new Calls({ deadlineMs, memoryBytes });
  if (signal?.aborted) calls.close();
  else signal?.addEventListener("abort", () => calls.close(), { once: true });

  const fits = (stage: ComposerStage, components: readonly Uint8Array[]): void => {
    const size = components.reduce((sum, { byteLength }) => sum + byteLength, 0);
    if (size <= inputBytes) return;
    const message = `the components are larger together than ${inputBytes} bytes: ${size}`;
    throw new ComposerError({ code: "too-large", stage, message });
  };
  return {
    async inspect(bytes) {
      fits("inspect", [bytes]);
      return JSON.parse(await calls.run({ stage: "inspect", bytes: compact(bytes) }));
    },
    async compose(components, wiring) {
      fits("compose", components);
      return own(await calls.run({ stage: "compose", components: components.map(compact), wiring }));
    },
    async wacPackages(source) {
      readable("wacPackages", source);
      return await calls.run({ stage: "wacPackages", source });
    },
    async evaluateWac(source, packages) {
      readable("evaluateWac", source);
      const components = packages.map(({ bytes }) => compact(bytes));
      fits("evaluateWac", components);
      const named = packages.map(({ bytes, ...name }, component) => ({ ...name, component }));
      return await calls.run({ stage: "evaluateWac", source, packages: named, components });
    },
    async world(sources, { world } = {}) {
      const length = sources.reduce((sum, { path, text }) => sum + path.length + text.length, world?.length ?? 0);
      if (length > WIT_LENGTH) {
        const message = `the WIT text is longer than ${WIT_LENGTH} characters: ${length}`;
        throw new ComposerError({ code: "too-large", stage: "world", message });
      }
      return own(await calls.run({ stage: "world", sources, ...(world === undefined ? {} : { name: world }) }));
    },
    async flatten(bytes, { deadlines }) {
      fits("flatten", [bytes]);
      const { plan, modules } = await calls.run({ stage: "flatten", bytes: compact(bytes), deadlines });
      return { plan: JSON.parse(plan), modules: modules.map(own) };
    },
    close: () => calls.close(),
  };
}

function readable(stage: ComposerStage, source: string): void {
  if (source.length <= SCRIPT_LENGTH) return;
  const message = `the script is longer than ${SCRIPT_LENGTH} characters: ${source.length}`;
  throw new ComposerError({ code: "too-large", stage, message });
}

/** A view of a much larger buffer (Node pools small files) would be sent with all of it. */
function compact(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength * 2 < bytes.buffer.byteLength ? new Uint8Array(bytes) : bytes;
}

/** A plain array over the same memory, whatever made the message. */
function own(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
