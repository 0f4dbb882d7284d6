import type { FileHandle } from "node:fs/promises";

/** Closes what guests that were ended in the middle have left open. Node itself would complain, or worse. */
const abandoned = new FinalizationRegistry<FileHandle>((handle) => void handle.close().catch(() => {}));

/**
 * An open file with its users counted, so that it is closed exactly once and never under a running operation: a number
 * that the system has given to somebody else's file by then would be a hole in the sandbox.
 *
 * Whoever makes one is its first user. `retain` and `using` make and end a further use.
 */
export class OpenFile {
  readonly handle: FileHandle;
  #users = 1;

  constructor(handle: FileHandle) {
    this.handle = handle;
    abandoned.register(this, handle, this);
  }

  retain(): this {
    this.#users++;
    return this;
  }

  [Symbol.dispose](): void {
    this.#users--;
    if (this.#users > 0) return;
    abandoned.unregister(this);
    // What could fail here was reported by the write or the sync before.
    this.handle.close().catch(() => {});
  }
}
