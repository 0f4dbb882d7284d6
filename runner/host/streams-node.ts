import type { Readable, Writable } from "node:stream";
import { InputStream, IoError, OutputStream } from "./streams.ts";

const nothing = new Uint8Array(0);

/**
 * A guest's view of a Node `Readable`. Nothing is read ahead of the guest but the readable's own high-water mark,
 * so a guest that does not read makes the sender wait.
 */
export class ReadableInput extends InputStream {
  readonly #source: Readable;
  #attached = false;
  #ended = false;

  constructor(source: Readable) {
    super();
    this.#source = source;
  }

  ready(): boolean {
    this.#attach();
    return this.#ended || this.#source.readableLength > 0 || this.complete();
  }

  read(max: number): Uint8Array | null {
    if (this.#ended) return null;
    this.#attach();
    const available = this.#source.readableLength;
    if (available === 0 && this.complete()) {
      this.#source.read(0);
      this.end();
    }
    if (available === 0 || max === 0) return this.#ended ? null : nothing;
    const bytes = this.#source.read(Math.min(max, available)) as Uint8Array | null;
    // At the end of the source a last `read` is what makes it say so.
    if (this.#source.readableLength === 0) this.#source.read(0);
    return bytes ?? nothing;
  }

  /** True where nothing will come after what is buffered, although the source has not said so yet. */
  protected complete(): boolean {
    return false;
  }

  /** The guest will read no more. */
  [Symbol.dispose](): void {
    if (this.#attached) this.#detach();
    this.#ended = true;
  }

  /** Ends the stream; a given failure is what the guest is told. */
  protected end(failure?: IoError): void {
    if (this.#ended) return;
    this.#ended = true;
    this.failure = failure;
    if (this.#attached) this.#detach();
    this.wake();
  }

  /** The failure that stands for an error of the source; null where it was closed before its end without one. */
  protected failureOf(error: Error | null): IoError {
    return new IoError(error === null ? "The source was closed before its end" : error.message, error);
  }

  #attach(): void {
    // What is whole in its buffer is read from there: it has nothing more to say.
    if (this.#attached || this.#ended || this.complete()) return;
    this.#attached = true;
    const source = this.#source;
    if (source.readableEnded) {
      this.end();
      return;
    }
    if (source.destroyed) {
      this.end(this.failureOf(source.errored));
      return;
    }
    source
      .on("readable", this.#onReadable)
      .on("end", this.#onEnd)
      .on("error", this.#onError)
      .on("close", this.#onClose);
  }

  #detach(): void {
    const source = this.#source;
    source.off("readable", this.#onReadable).off("end", this.#onEnd).off("close", this.#onClose);
    // An error after this is nobody's, but without a listener it would end the process.
    if (!source.destroyed) source.on("error", ignore);
    source.off("error", this.#onError);
  }

  readonly #onReadable = (): void => {
    // Without this read the source would never say that it has ended.
    if (this.#source.readableLength === 0) this.#source.read();
    this.wake();
  };
  readonly #onEnd = (): void => this.end();
  readonly #onError = (error: Error): void => this.end(this.failureOf(error));
  readonly #onClose = (): void => {
    if (this.#source.readableEnded) this.end();
    else this.end(this.failureOf(null));
  };
}

function ignore(): void {}

/** A guest's view of a Node `Writable`: full when that has its high-water mark buffered, flushed when it has written all. */
export class WritableOutput extends OutputStream {
  readonly #target: Writable;
  #outstanding = 0;
  #flushing = false;
  #closed = false;

  constructor(target: Writable) {
    super();
    this.#target = target;
    target.on("error", this.#onError);
  }

  capacity(): number | null {
    const target = this.#target;
    if (this.#closed || target.destroyed || target.writableEnded) return null;
    if (this.#flushing) return 0;
    return Math.max(0, target.writableHighWaterMark - target.writableLength);
  }

  write(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#outstanding++;
    this.#target.write(bytes, this.#onWritten);
  }

  override flush(): void {
    this.#flushing = this.#outstanding > 0;
  }

  /** Stops listening; the target itself stays open. */
  [Symbol.dispose](): void {
    this.#closed = true;
    this.#target.off("error", this.#onError);
    if (this.#outstanding > 0) this.#target.once("error", ignore);
  }

  readonly #onWritten = (): void => {
    this.#outstanding--;
    if (this.#outstanding === 0) this.#flushing = false;
    this.wake();
  };
  readonly #onError = (error: Error): void => {
    this.#closed = true;
    this.failure = new IoError(error.message, error);
    this.wake();
  };
}
