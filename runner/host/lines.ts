import type { HostInstance, Services } from "./host.ts";

/** Characters of a line without an end that are kept before they are written as they are. */
export const partialLineCharacters = 16 * 1024;
/** A partial line is written when nothing has followed it for this long. */
const idleMs = 100;

const partial = new WeakMap<Services, Set<LineWriter>>();

/** Writes what instances have printed without ending the line; to be called when the process ends. */
export function flushLines(services: Services): void {
  for (const writer of writersOf(services)) writer.flush();
}

function writersOf(services: Services): Set<LineWriter> {
  let writers = partial.get(services);
  if (writers === undefined) {
    writers = new Set();
    partial.set(services, writers);
  }
  return writers;
}

/**
 * Turns the bytes of one stream into lines of the log. A line without an end is written after a moment of silence, at
 * 16 KiB, or by `flushLines`: never lost, never kept without bound.
 */
export class LineWriter {
  readonly #host: HostInstance;
  readonly #stream: "stdout" | "stderr";
  readonly #decoder = new TextDecoder();
  #rest = "";
  #timer: NodeJS.Timeout | undefined;

  constructor(host: HostInstance, stream: "stdout" | "stderr") {
    this.#host = host;
    this.#stream = stream;
  }

  write(bytes: Uint8Array): void {
    const lines = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split("\n");
    this.#rest = lines.pop()!;
    for (const line of lines) this.#emit(line);
    while (this.#rest.length >= partialLineCharacters) {
      this.#emit(this.#rest.slice(0, partialLineCharacters));
      this.#rest = this.#rest.slice(partialLineCharacters);
    }
    this.#watch();
  }

  flush(): void {
    const rest = this.#rest + this.#decoder.decode();
    this.#rest = "";
    if (rest !== "") this.#emit(rest);
    this.#watch();
  }

  #emit(line: string): void {
    this.#host.services.log.write(this.#host.instance, this.#stream, line.endsWith("\r") ? line.slice(0, -1) : line);
  }

  #watch(): void {
    clearTimeout(this.#timer);
    const writers = writersOf(this.#host.services);
    if (this.#rest === "") {
      writers.delete(this);
      return;
    }
    writers.add(this);
    this.#timer = setTimeout(() => this.flush(), idleMs).unref();
  }
}
