/**
 * What `wasi:io` is made of: things that can be waited for, streams of bytes, and their errors. Every host interface
 * that hands out a stream or a pollable derives it from a class of this file; `io.ts` gives them to guests.
 */

/**
 * Why a stream failed. Derive from it to carry the code that an interface can read back from the resource
 * (`http-error-code`, `filesystem-error-code`).
 */
export class IoError {
  readonly message: string;
  readonly cause: unknown;
  constructor(message: string, cause?: unknown) {
    this.message = message;
    this.cause = cause;
  }
}

/**
 * Something that becomes ready. Whoever derives from it calls `wake()` whenever `ready()` may have become true;
 * waking for nothing is allowed, forgetting to is a hang.
 */
export abstract class Waitable {
  #watchers: (() => void)[] | undefined;

  abstract ready(): boolean;

  /** Calls `wake` once, at the next `wake()`. A source that works only while someone waits overrides both. */
  watch(wake: () => void): void {
    this.#watchers ??= [];
    this.#watchers.push(wake);
  }

  /** Takes a `watch` back, so that a source that never wakes keeps nothing alive. */
  unwatch(wake: () => void): void {
    const index = this.#watchers?.indexOf(wake) ?? -1;
    if (index >= 0) this.#watchers?.splice(index, 1);
  }

  wake(): void {
    const watchers = this.#watchers;
    if (watchers === undefined) return;
    this.#watchers = undefined;
    for (const watcher of watchers) watcher();
  }

  /** Resolves when `ready()` is true; never rejects. */
  wait(): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        if (this.ready()) resolve();
        else this.watch(wake);
      };
      wake();
    });
  }
}

/** The resource `pollable`: ready when its source is. */
export class Pollable {
  readonly source: Waitable;
  readonly #dispose: (() => void) | undefined;

  /** `dispose` is called when the guest drops the pollable: the place to clear a timer. */
  constructor(source: Waitable, dispose?: () => void) {
    this.source = source;
    this.#dispose = dispose;
  }
  ready(): boolean {
    return this.source.ready();
  }
  wait(): Promise<void> {
    return this.source.wait();
  }
  [Symbol.dispose](): void {
    this.#dispose?.();
  }
}

/** The resource `input-stream`. It is ready when `read` would give bytes, the end, or a failure. */
export abstract class InputStream extends Waitable {
  /** Set before `read` answers null for a failure; the guest is told once, later reads are at the end. */
  failure: IoError | undefined;

  /** At most `max` bytes, at once: none when nothing has come yet, null at the end and after a failure. */
  abstract read(max: number): Uint8Array | null;
}

/** The resource `output-stream`. It is ready when `capacity` is not 0. */
export abstract class OutputStream extends Waitable {
  /** Set before `capacity` answers null for a failure; the guest is told once, later calls find it closed. */
  failure: IoError | undefined;
  /** What the last `check-write` allowed and no write has used. */
  permit = 0;

  /** Bytes that may be written now; 0 when full or while a flush is under way, null when closed or failed. */
  abstract capacity(): number | null;

  /** Takes at most `capacity()` bytes. They are the stream's own: nobody else changes them. */
  abstract write(bytes: Uint8Array): void;

  /** Begins a flush; `capacity()` is 0 until all written bytes have gone their way. */
  flush(): void {}

  ready(): boolean {
    return this.capacity() !== 0;
  }
}

/** Bytes that are all there. */
export class BytesInput extends InputStream {
  #rest: Uint8Array;
  constructor(bytes: Uint8Array = new Uint8Array(0)) {
    super();
    this.#rest = bytes;
  }
  ready(): boolean {
    return true;
  }
  read(max: number): Uint8Array | null {
    if (this.#rest.length === 0) return null;
    const bytes = this.#rest.subarray(0, max);
    this.#rest = this.#rest.subarray(bytes.length);
    return bytes;
  }
}

/** Hands every write to a function at once and is never full: for what is bounded by its receiver, such as a log. */
export class SinkOutput extends OutputStream {
  readonly #sink: (bytes: Uint8Array) => void;
  constructor(sink: (bytes: Uint8Array) => void) {
    super();
    this.#sink = sink;
  }
  capacity(): number {
    return 64 * 1024;
  }
  write(bytes: Uint8Array): void {
    this.#sink(bytes);
  }
}
