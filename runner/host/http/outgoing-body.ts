import type { OutgoingMessage } from "node:http";
import { heldBytes, Trap } from "../host.ts";
import { OutputStream } from "../streams.ts";
import { type ErrorCode, HttpIoError } from "./error-code.ts";
import type { Fields } from "./fields.ts";

/** Bytes that a body keeps while nothing takes them. */
export const bufferBytes = 64 * 1024;

/** Up to here a whole body is handed to Node as a string, which it joins with the head into one write. */
const stringBytes = 4096;

/** Where a body goes: a response to a client, or a request to a server. */
export interface BodyTarget {
  /** The code for a body that is not as long as its content-length says. */
  readonly sizeError: "HTTP-request-body-size" | "HTTP-response-body-size";
  /** Sends the head. `length` is the whole body's, where that is known by now. Throws nothing; null when it can't. */
  begin(length: number | undefined): OutgoingMessage | null;
  /** The body will never be whole. */
  abort(reason: string): void;
}

/**
 * The resource `outgoing-body`.
 *
 * The head is sent at the end of the turn of the event loop, so that a body that is whole by then goes out with it in
 * one write and a known length; from then on each write goes to the connection at once.
 */
export class OutgoingBody {
  /** What the content-length promises, or null. */
  readonly #expected: number | null;
  #stream: BodyOutput | undefined;
  #state: "open" | "finished" | "aborted" = "open";
  #target: BodyTarget | undefined;
  #message: OutgoingMessage | undefined;
  #kept: Uint8Array[] = [];
  #keptBytes = 0;
  #total = 0;
  #trailers: Fields | undefined;

  /** What it may keep: a guest writes to it through a stream, long after its handle was made. */
  get [heldBytes](): number {
    return bufferBytes;
  }

  constructor(expected: number | null) {
    this.#expected = expected;
  }

  /** The stream; undefined the second time. */
  write(): BodyOutput | undefined {
    if (this.#stream !== undefined) return undefined;
    this.#stream = new BodyOutput(this);
    return this.#stream;
  }

  /** True once it was finished, and true to its content-length. */
  get finished(): boolean {
    return this.#state === "finished";
  }

  /** Connects the body with where it goes. */
  attach(target: BodyTarget): void {
    this.#target = target;
    if (this.#state === "finished") this.#sendWhole();
    else if (this.#state === "aborted") target.abort("its body was dropped before it was finished");
    else schedule(this);
  }

  /** Ends the body; the answer is what `outgoing-body.finish` fails with. */
  finish(trailers: Fields | undefined): ErrorCode | undefined {
    if (this.#stream !== undefined && !this.#stream.disposed)
      throw new Trap("outgoing-body.finish() was called before its output-stream was dropped");
    if (this.#state !== "open") return { tag: "connection-terminated" };
    if (this.#expected !== null && this.#expected !== this.#total) {
      this.abort(`it has ${this.#total} bytes where its content-length says ${this.#expected}`);
      return { tag: this.#target?.sizeError ?? "HTTP-response-body-size", number: this.#total };
    }
    this.#state = "finished";
    this.#trailers = trailers;
    if (this.#message !== undefined) this.#end(this.#message);
    else if (this.#target !== undefined) this.#sendWhole();
    return undefined;
  }

  /** Ends it as broken; nothing happens once it is finished. */
  abort(reason: string): void {
    if (this.#state !== "open") return;
    this.#state = "aborted";
    this.#kept = [];
    this.#target?.abort(reason);
    this.#stream?.wake();
  }

  /** What it would be sent with was dropped: nobody will ever take what it keeps. */
  discard(): void {
    if (this.#target !== undefined) return;
    this.#state = "aborted";
    this.#kept = [];
    this.#stream?.wake();
  }

  /** Dropped. */
  [Symbol.dispose](): void {
    this.abort("its body was dropped before it was finished");
  }

  /** For its stream: bytes that may be written, or null with the failure. */
  capacity(stream: BodyOutput): number | null {
    if (this.#state !== "open" || stream.disposed) return null;
    const message = this.#message;
    if (message === undefined) return Math.max(0, bufferBytes - this.#keptBytes);
    if (message.destroyed || message.writableEnded) {
      stream.failure = new HttpIoError({ tag: "connection-terminated" });
      this.#state = "aborted";
      return null;
    }
    return message.writableNeedDrain ? 0 : bufferBytes;
  }

  /** For its stream. */
  take(stream: BodyOutput, bytes: Uint8Array): void {
    this.#total += bytes.length;
    if (this.#expected !== null && this.#total > this.#expected) {
      stream.failure = new HttpIoError({
        tag: this.#target?.sizeError ?? "HTTP-response-body-size",
        number: this.#total,
      });
      this.abort(`it has more bytes than its content-length says: ${this.#expected}`);
    } else if (this.#message !== undefined) {
      this.#message.write(bytes);
    } else {
      this.#kept.push(bytes);
      this.#keptBytes += bytes.length;
    }
  }

  /** For its stream: wakes it when the connection takes more, or is gone. */
  notify(stream: BodyOutput): void {
    const message = this.#message;
    if (message === undefined || stream.listening) return;
    stream.listening = true;
    const wake = (): void => stream.wake();
    message.on("drain", wake).on("close", wake);
  }

  /** Sends the head, and what is there by now. */
  begin(): void {
    if (this.#state !== "open" || this.#message !== undefined || this.#target === undefined) return;
    const message = this.#target.begin(undefined);
    if (message === null) {
      this.#state = "aborted";
    } else {
      this.#message = message;
      if (this.#kept.length === 0) message.flushHeaders();
      for (const bytes of this.#kept) message.write(bytes);
      this.#kept = [];
    }
    this.#stream?.wake();
  }

  #sendWhole(): void {
    const message = this.#target!.begin(this.#trailers === undefined ? this.#keptBytes : undefined);
    if (message === null) return;
    for (let i = 0; i < this.#kept.length - 1; i++) message.write(this.#kept[i]!);
    const last = this.#kept.at(-1);
    if (last !== undefined && this.#trailers !== undefined) message.write(last);
    this.#end(message, this.#trailers === undefined ? last : undefined);
    this.#kept = [];
  }

  #end(message: OutgoingMessage, last?: Uint8Array): void {
    if (message.destroyed) return;
    if (this.#trailers !== undefined) message.addTrailers(pairs(this.#trailers.list));
    if (last === undefined) message.end();
    else if (last.length > stringBytes) message.end(last);
    else message.end(Buffer.from(last.buffer, last.byteOffset, last.length).toString("latin1"), "latin1");
  }
}

/** The stream of an outgoing body. */
export class BodyOutput extends OutputStream {
  readonly #body: OutgoingBody;
  disposed = false;
  listening = false;

  constructor(body: OutgoingBody) {
    super();
    this.#body = body;
  }
  capacity(): number | null {
    return this.#body.capacity(this);
  }
  write(bytes: Uint8Array): void {
    this.#body.take(this, bytes);
  }
  override watch(wake: () => void): void {
    this.#body.notify(this);
    super.watch(wake);
  }
  override wake(): void {
    // The head may have gone out while the guest waited: from now on it is the connection that makes room.
    this.#body.notify(this);
    super.wake();
  }
  [Symbol.dispose](): void {
    this.disposed = true;
  }
}

const scheduled: OutgoingBody[] = [];

/** Begins a body at the end of this turn of the event loop, when what has arrived already was given to the guests. */
function schedule(body: OutgoingBody): void {
  if (scheduled.push(body) === 1) setImmediate(beginScheduled);
}

function beginScheduled(): void {
  for (const body of scheduled.splice(0)) body.begin();
}

function pairs(list: readonly string[]): [string, string][] {
  const all: [string, string][] = [];
  for (let i = 0; i < list.length; i += 2) all.push([list[i]!, list[i + 1]!]);
  return all;
}
