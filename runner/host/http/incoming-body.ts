import type { IncomingMessage } from "node:http";
import { heldBytes, Trap } from "../host.ts";
import { BytesInput, type InputStream, type IoError, Pollable, Waitable } from "../streams.ts";
import { ReadableInput } from "../streams-node.ts";
import { type ErrorCode, HttpIoError } from "./error-code.ts";
import { Fields } from "./fields.ts";
import { errorCodeOf } from "./node-error.ts";
import { bufferBytes } from "./outgoing-body.ts";

/** What a body's bytes are held against. */
export interface BodyRules {
  /** Bytes after which the stream fails; Infinity for no limit. */
  readonly limit: number;
  readonly sizeError: "HTTP-request-body-size" | "HTTP-response-body-size";
  /** Milliseconds that a guest waits for more bytes; Infinity: as long as it takes. */
  readonly betweenBytesMs: number;
  /** Called before the first read: asks for a body that was announced by `expect: 100-continue`. */
  readonly onFirstRead?: () => void;
}

/** The resource `incoming-body`: of a request, or of a response. */
export class IncomingBody {
  readonly #message: IncomingMessage;
  readonly #rules: BodyRules | undefined;
  #stream: BodyInput | EmptyInput | undefined;
  #finished = false;

  /** Without rules the message has no body. */
  constructor(message: IncomingMessage, rules: BodyRules | undefined) {
    this.#message = message;
    this.#rules = rules;
  }

  /** What has arrived and was not read. */
  get [heldBytes](): number {
    return this.#rules === undefined ? 0 : bufferBytes;
  }

  /** The stream; undefined the second time. */
  stream(): InputStream | undefined {
    if (this.#stream !== undefined) return undefined;
    this.#stream = this.#rules === undefined ? new EmptyInput() : new BodyInput(this.#message, this.#rules);
    return this.#stream;
  }

  /** The rest of the body is passed over; what follows it are the trailers. */
  finish(): FutureTrailers {
    if (this.#stream !== undefined && !this.#stream.disposed)
      throw new Trap("incoming-body.finish() was called before its input-stream was dropped");
    this.#finished = true;
    return new FutureTrailers(this.#message, this.#rules);
  }

  /** Dropped: nobody will read the rest. */
  [Symbol.dispose](): void {
    if (!this.#finished && this.#rules?.sizeError === "HTTP-response-body-size") discard(this.#message);
  }
}

/** Bytes of a response that are worth reading to keep its connection. */
const worthReading = 64 * 1024;

/** Lets go of a response that nobody reads: its connection is kept where little is left, else closed. */
export function discard(message: IncomingMessage): void {
  if (message.readableEnded || message.destroyed) return;
  message.on("error", () => {});
  const length = Number(message.headers["content-length"] ?? Number.NaN);
  if (message.complete || length <= worthReading) message.resume();
  else message.destroy();
}

class EmptyInput extends BytesInput {
  disposed = false;
  [Symbol.dispose](): void {
    this.disposed = true;
  }
}

class BodyInput extends ReadableInput {
  readonly #message: IncomingMessage;
  readonly #rules: BodyRules;
  #total = 0;
  #asked = false;
  #timer: NodeJS.Timeout | undefined;
  disposed = false;

  constructor(message: IncomingMessage, rules: BodyRules) {
    super(message);
    this.#message = message;
    this.#rules = rules;
  }

  override ready(): boolean {
    this.#ask();
    return super.ready();
  }

  override read(max: number): Uint8Array | null {
    this.#ask();
    const bytes = super.read(max);
    if (bytes === null) return null;
    this.#total += bytes.length;
    if (this.#total <= this.#rules.limit) return bytes;
    this.end(new HttpIoError({ tag: this.#rules.sizeError, number: this.#rules.limit }));
    return null;
  }

  override watch(wake: () => void): void {
    const ms = this.#rules.betweenBytesMs;
    if (ms !== Infinity && this.#timer === undefined) this.#timer = setTimeout(this.#onLate, ms);
    super.watch(wake);
  }

  override wake(): void {
    this.#disarm();
    super.wake();
  }

  override [Symbol.dispose](): void {
    this.disposed = true;
    this.#disarm();
    super[Symbol.dispose]();
  }

  /** Node ends the stream a turn later than it knows; a guest need not be suspended for that. */
  protected override complete(): boolean {
    return this.#message.complete && !this.#message.destroyed;
  }

  protected override failureOf(error: Error | null): IoError {
    return error === null ? lost : new HttpIoError(errorCodeOf(error), error);
  }

  #ask(): void {
    if (this.#asked) return;
    this.#asked = true;
    this.#rules.onFirstRead?.();
  }

  #disarm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  readonly #onLate = (): void => {
    this.end(new HttpIoError({ tag: "connection-read-timeout" }));
    this.#message.destroy();
  };
}

/** The resource `future-trailers`. */
export class FutureTrailers extends Waitable {
  readonly #message: IncomingMessage;
  readonly #rules: BodyRules | undefined;
  #draining = false;
  #passed = 0;
  #tooLong = false;
  #taken = false;

  constructor(message: IncomingMessage, rules: BodyRules | undefined) {
    super();
    this.#message = message;
    this.#rules = rules;
  }

  ready(): boolean {
    const message = this.#message;
    if (this.#rules === undefined || this.#tooLong || message.readableEnded || message.destroyed) return true;
    this.#drain(message, this.#rules.limit);
    return false;
  }

  subscribe(): Pollable {
    return new Pollable(this);
  }

  /** Trailers, or undefined where there are none; the error of a body that broke off; "taken" the second time. */
  get(): { readonly trailers: Fields | undefined } | { readonly error: ErrorCode } | "taken" {
    if (this.#taken) return "taken";
    this.#taken = true;
    const message = this.#message;
    if (this.#rules !== undefined && !message.readableEnded)
      return { error: this.#tooLong ? { tag: this.#rules.sizeError } : errorCodeOf(message.errored ?? lost) };
    const raw = message.rawTrailers;
    return { trailers: raw.length === 0 ? undefined : Fields.received(raw) };
  }

  #drain(message: IncomingMessage, limit: number): void {
    if (this.#draining) return;
    this.#draining = true;
    // A client of ours is still to be answered, so its connection stays; it is only not read any more.
    const count = (bytes: Uint8Array): void => {
      this.#passed += bytes.length;
      if (this.#passed <= limit) return;
      this.#tooLong = true;
      message.off("data", count).pause();
      this.wake();
    };
    message.on("data", count);
    message
      .on("error", () => {})
      .on("end", () => this.wake())
      .on("close", () => this.wake());
    message.resume();
  }
}

const lost = new HttpIoError({ tag: "connection-terminated" });
