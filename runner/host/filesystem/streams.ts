import { InputStream, OutputStream } from "../streams.ts";
import { codeOf, FileIoError } from "./error.ts";
import type { OpenFile } from "./file.ts";

const chunkBytes = 64 * 1024;
const nothing = new Uint8Array(0);

/** Counts the writes of one guest: what a stream has read ahead is thrown away when the guest has written since. */
export interface Activity {
  writes: number;
}

/** A file read from an offset on. Nothing is read before the guest asks or waits, and at most 64 KiB ahead. */
export class FileInput extends InputStream {
  readonly #file: OpenFile;
  readonly #activity: Activity;
  #position: number;
  #buffer: Uint8Array = nothing;
  #bufferedAt = 0;
  #reading = false;
  #ended = false;
  #closed = false;

  constructor(file: OpenFile, position: number, activity: Activity) {
    super();
    this.#file = file.retain();
    this.#position = position;
    this.#activity = activity;
  }

  ready(): boolean {
    if (this.#bufferedAt !== this.#activity.writes) this.#buffer = nothing;
    return this.#ended || this.#buffer.length > 0;
  }

  read(max: number): Uint8Array | null {
    if (!this.ready()) {
      if (max > 0) this.#fetch();
      return nothing;
    }
    if (this.#buffer.length === 0) return null;
    const bytes = this.#buffer.subarray(0, max);
    this.#buffer = this.#buffer.subarray(bytes.length);
    this.#position += bytes.length;
    return bytes;
  }

  override watch(wake: () => void): void {
    super.watch(wake);
    this.#fetch();
  }

  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#file[Symbol.dispose]();
  }

  async #fetch(): Promise<void> {
    if (this.#reading || this.#closed || this.ready()) return;
    this.#reading = true;
    using file = this.#file.retain();
    try {
      const buffer = new Uint8Array(chunkBytes);
      const before = this.#activity.writes;
      const { bytesRead } = await file.handle.read(buffer, 0, chunkBytes, this.#position);
      this.#buffer = buffer.subarray(0, bytesRead);
      this.#bufferedAt = before;
      this.#ended = bytesRead === 0;
    } catch (error) {
      this.failure = new FileIoError(codeOf(error) ?? "io", error);
      this.#ended = true;
    }
    this.#reading = false;
    this.wake();
  }
}

/**
 * A file written from an offset on, or at its end. Writes go one after the other; 64 KiB wait at most. A flush is done
 * when the system has everything; a stream that is dropped before finishes its writes.
 */
export class FileOutput extends OutputStream {
  readonly #file: OpenFile;
  readonly #activity: Activity;
  /** Null: at the end of the file. */
  #position: number | null;
  readonly #queue: Uint8Array[] = [];
  #queued = 0;
  #writing = false;
  #flushing = false;
  #closed = false;

  /** With a null position `file` must append by itself. */
  constructor(file: OpenFile, position: number | null, activity: Activity) {
    super();
    this.#file = file.retain();
    this.#position = position;
    this.#activity = activity;
  }

  capacity(): number | null {
    if (this.#closed) return null;
    return this.#flushing ? 0 : Math.max(0, chunkBytes - this.#queued);
  }

  write(bytes: Uint8Array): void {
    this.#queue.push(bytes);
    this.#queued += bytes.length;
    if (!this.#writing) this.#drain();
  }

  override flush(): void {
    this.#flushing = this.#writing;
  }

  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#file[Symbol.dispose]();
  }

  async #drain(): Promise<void> {
    this.#writing = true;
    using file = this.#file.retain();
    try {
      for (let bytes = this.#queue.shift(); bytes !== undefined; bytes = this.#queue.shift()) {
        await this.#writeAll(file, bytes);
        this.#queued -= bytes.length;
        if (!this.#flushing) this.wake();
      }
    } catch (error) {
      this.failure = new FileIoError(codeOf(error) ?? "io", error);
      this.#queue.length = 0;
      this[Symbol.dispose]();
    }
    this.#writing = false;
    this.#flushing = false;
    this.wake();
  }

  async #writeAll(file: OpenFile, bytes: Uint8Array): Promise<void> {
    let written = 0;
    while (written < bytes.length) {
      this.#activity.writes++;
      const { bytesWritten } = await file.handle.write(bytes, written, bytes.length - written, this.#position);
      this.#activity.writes++;
      written += bytesWritten;
      if (this.#position !== null) this.#position += bytesWritten;
    }
  }
}
