import type { Grants } from "../../../../runner/config.ts";
import type {
  Backends,
  GuestContext,
  HostFunction,
  HostInstance,
  HostInterface,
} from "../../../../runner/host/host.ts";

/** A line that the log was given. */
export type Line = readonly [instance: string, stream: string, line: string];

/** An instance with grants, and what it has logged. */
export function hostInstance(
  grants: Grants = {},
  options: { readonly instance?: string; readonly backends?: Backends } = {},
): HostInstance & { readonly lines: Line[] } {
  const lines: Line[] = [];
  const backends: Backends = options.backends ?? {
    keyvalue: (name) => {
      throw new Error(`There is no backend ${name}`);
    },
    close: async () => {},
  };
  return {
    instance: options.instance ?? "guest",
    grants,
    lines,
    services: {
      log: { write: (...line) => void lines.push(line) },
      backends,
      signal: new AbortController().signal,
      limits: { headerBytes: 1024, bodyBytes: 1024, memoryBytes: 1024 },
    },
  };
}

/** A memory of one page and a list of handles: what core functions of clocks and randomness need of a guest. */
export class FakeGuest implements GuestContext {
  readonly memory = new Uint8Array(65536);
  readonly handles: object[] = [];
  #next = 1024;

  view(): DataView {
    return new DataView(this.memory.buffer);
  }
  bytes(): Uint8Array {
    return this.memory;
  }
  readBytes(pointer: number, length: number): Uint8Array {
    return this.memory.slice(pointer, pointer + length);
  }
  readString(pointer: number, length: number): string {
    return new TextDecoder().decode(this.readBytes(pointer, length));
  }
  allocate(align: number, size: number): number {
    this.#next = Math.ceil(this.#next / align) * align;
    const pointer = this.#next;
    this.#next += size;
    return pointer;
  }
  writeBytes(bytes: Uint8Array, target: number): void {
    const pointer = this.allocate(1, bytes.length);
    this.memory.set(bytes, pointer);
    this.view().setUint32(target, pointer, true);
    this.view().setUint32(target + 4, bytes.length, true);
  }
  writeString(text: string, target: number): void {
    this.writeBytes(new TextEncoder().encode(text), target);
  }
  add(object: object): number {
    return this.handles.push(object);
  }
  recount(): void {}
  get<T>(handle: number): T {
    return this.handles[handle - 1] as T;
  }
  take<T>(handle: number): T {
    return this.get(handle);
  }
}

/** The functions that an interface gives to one instance, called as the linker calls them. */
export function bound(
  interfaces: readonly HostInterface[],
  name: string,
  host: HostInstance = hostInstance(),
  options: { readonly version?: string; readonly guest?: GuestContext } = {},
) {
  const version = options.version ?? "0.2.6";
  const found = interfaces.find((candidate) => candidate.name === name && candidate.speaks(version));
  if (found === undefined) throw new Error(`Nobody speaks ${name}@${version}`);
  const functions: Readonly<Record<string, HostFunction>> = found.bind(options.guest ?? new FakeGuest(), host);
  // biome-ignore lint/suspicious/noExplicitAny: the values are what the WIT says, which each test knows
  return (func: string, ...args: unknown[]): any => {
    const { kind, call, blocking } = functions[func]!;
    const answer = (call as (...args: unknown[]) => unknown)(...args);
    if (kind === "typed" && !blocking && typeof (answer as { then?: unknown } | undefined)?.then === "function") {
      throw new Error(`${name} ${func} is not blocking and answered with a promise`);
    }
    return answer;
  };
}

/** The payload of the `HostError` that a call ends with, now or later. */
export async function refusal(call: () => unknown): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    if (error !== null && typeof error === "object" && "payload" in error) return error.payload;
    throw error;
  }
  throw new Error("It was not refused");
}
