import { constants, existsSync } from "node:fs";
import { open, utimes } from "node:fs/promises";
import type { Descriptor } from "./descriptor.ts";
import { fail } from "./error.ts";
import { OpenFile } from "./file.ts";
import { type NewTimestamp, newTimes } from "./stat.ts";
import { FileInput, FileOutput } from "./streams.ts";

/** Bytes that one call reads at most; a short answer is allowed. */
const readLimit = 1024 * 1024;

/** `descriptor.read-via-stream`. */
export function readViaStream(self: Descriptor, offset: bigint): FileInput {
  return new FileInput(self.readableFile, position(offset, "invalid"), self.session);
}

/** `descriptor.write-via-stream`. */
export function writeViaStream(self: Descriptor, offset: bigint): FileOutput {
  return new FileOutput(self.writableFile, position(offset, "file-too-large"), self.session);
}

/**
 * `descriptor.append-via-stream`. On Linux the file is opened a second time, to append: what several guests append to one
 * file is kept whole. Elsewhere the stream writes from the present end on.
 */
export async function appendViaStream(self: Descriptor): Promise<FileOutput> {
  using file = self.writableFile.retain();
  const itself = pathOf(file);
  if (itself === undefined) return new FileOutput(file, (await file.handle.stat()).size, self.session);
  using appending = new OpenFile(await open(itself, constants.O_WRONLY | constants.O_APPEND));
  return new FileOutput(appending, null, self.session);
}

/** `descriptor.read`: the bytes, and whether the end was reached. */
export async function read(self: Descriptor, length: bigint, offset: bigint): Promise<[Uint8Array, boolean]> {
  using file = self.readableFile.retain();
  const size = length > readLimit ? readLimit : Number(length);
  const buffer = new Uint8Array(size);
  const { bytesRead } = await file.handle.read(buffer, 0, size, position(offset, "invalid"));
  return [buffer.subarray(0, bytesRead), size > 0 && bytesRead === 0];
}

/** `descriptor.write`: how many bytes were written. */
export async function write(self: Descriptor, bytes: Uint8Array, offset: bigint): Promise<bigint> {
  using file = self.writableFile.retain();
  const at = position(offset, "file-too-large");
  self.session.writes++;
  const { bytesWritten } = await file.handle.write(bytes.slice(), 0, bytes.length, at);
  self.session.writes++;
  return BigInt(bytesWritten);
}

/** `descriptor.set-size`. */
export async function setSize(self: Descriptor, size: bigint): Promise<void> {
  using file = self.writableFile.retain();
  await file.handle.truncate(position(size, "file-too-large"));
  self.session.writes++;
}

/** `descriptor.advise`: heard, and not acted on. */
export function advise(self: Descriptor): void {
  void self.file;
}

/** `descriptor.sync` and `sync-data`. Under Node's permission model, which has no `fsync`, it is `access`: never a false yes. */
export async function sync(self: Descriptor, dataOnly: boolean): Promise<void> {
  using file = self.type === "directory" ? await reopen(self) : self.file.retain();
  await (dataOnly ? file.handle.datasync() : file.handle.sync());
}

/** `descriptor.set-times` of a file. */
export async function setFileTimes(self: Descriptor, access: NewTimestamp, modification: NewTimestamp): Promise<void> {
  if (!self.mutable) fail("read-only");
  using file = self.file.retain();
  const times = newTimes(access, modification, await file.handle.stat({ bigint: true }));
  if (times === undefined) return;
  // By its path where there is one: Node's permission model has no `futimes`.
  const itself = pathOf(file);
  await (itself === undefined ? file.handle.utimes(...times) : utimes(itself, ...times));
}

/** A path of the open file itself, whatever its name is by now; Linux has one. */
function pathOf(file: OpenFile): string | undefined {
  const path = `/proc/self/fd/${file.handle.fd}`;
  return existsSync(path) ? path : undefined;
}

/** The handles that names are looked up in are not fit for a sync. */
async function reopen({ directory }: Descriptor): Promise<OpenFile> {
  return new OpenFile(await open(directory.at("."), constants.O_RDONLY | (constants.O_DIRECTORY ?? 0)));
}

/** An offset that Node takes; above it, nothing is ever there. */
function position(offset: bigint, tooLarge: "invalid" | "file-too-large"): number {
  return offset <= Number.MAX_SAFE_INTEGER ? Number(offset) : fail(tooLarge);
}
