import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { Descriptor, type DescriptorFlags } from "./descriptor.ts";
import { codeOf, fail } from "./error.ts";
import { OpenFile } from "./file.ts";
import { type FileType, typeOf } from "./stat.ts";
import { type Place, walk } from "./walk.ts";

/** The flags `path-flags`. */
export interface PathFlags {
  readonly symlinkFollow?: boolean;
}
/** The flags `open-flags`. */
export interface OpenFlags {
  readonly create?: boolean;
  readonly directory?: boolean;
  readonly exclusive?: boolean;
  readonly truncate?: boolean;
}

/** Windows lacks some of these, and what they guard against. */
const { O_NOFOLLOW = 0, O_NONBLOCK = 0, O_NOCTTY = 0, O_SYNC = 0, O_DSYNC = 0 } = constants;
/** Before the umask. */
const createMode = 0o666;

/**
 * `descriptor.open-at`. Only regular files and directories are opened: devices, pipes and sockets are `not-permitted`,
 * and looking at them has no effect on them. A directory's descriptor inherits the right to change; it cannot be opened
 * with `write`.
 */
export async function openAt(
  base: Descriptor,
  { symlinkFollow = false }: PathFlags,
  path: string,
  openFlags: OpenFlags,
  flags: DescriptorFlags,
): Promise<Descriptor> {
  const { create = false, directory = false, exclusive = false, truncate = false } = openFlags;
  if (directory && (create || exclusive || truncate)) fail("invalid");
  const changes = create || truncate || flags.write || flags.mutateDirectory;
  if (changes && !base.mutable) fail("read-only");
  using place = await walk(base.directory, path, symlinkFollow && !(create && exclusive));
  const type = await typeAt(place);
  if (type === undefined && !create) fail("no-entry");
  if (type === undefined && place.slash) fail("is-directory");
  if (type !== undefined && create && exclusive) fail("exist");
  base.session.enter();
  try {
    if (type === "directory") {
      if (flags.write || truncate || create) fail("is-directory");
      return await openDirectory(base, place);
    }
    if (directory || place.slash) fail("not-directory");
    if (type === "symbolic-link") fail("loop");
    if (type !== undefined && type !== "regular-file") fail("not-permitted");
    return await openFile(base, place, openFlags, flags);
  } catch (error) {
    base.session.leave();
    throw error;
  }
}

async function typeAt({ directory, name }: Place): Promise<FileType | undefined> {
  try {
    return typeOf(await directory.stat(name));
  } catch (error) {
    if (codeOf(error) === "no-entry") return undefined;
    throw error;
  }
}

async function openDirectory(base: Descriptor, { directory, name }: Place): Promise<Descriptor> {
  const found = await directory.enter(name);
  if (typeof found === "string") return fail("loop");
  return new Descriptor(base.session, { directory: found }, base.mutable);
}

/** What is opened may be another thing than what was looked at a moment ago, so it is looked at again. */
async function openFile(
  base: Descriptor,
  { directory, name }: Place,
  openFlags: OpenFlags,
  flags: DescriptorFlags,
): Promise<Descriptor> {
  const file = new OpenFile(await open(directory.at(name), systemFlags(openFlags, flags), createMode));
  try {
    const stats = await file.handle.stat();
    if (stats.isDirectory()) fail("is-directory");
    if (!stats.isFile()) fail("not-permitted");
  } catch (error) {
    file[Symbol.dispose]();
    throw error;
  }
  if (openFlags.truncate) base.session.writes++;
  const { read = false, write = false } = flags;
  return new Descriptor(base.session, { file, flags: { ...flags, read, write, mutateDirectory: false } }, base.mutable);
}

/** `O_NONBLOCK`: a pipe that was put in the file's place must not make a thread wait for its other end. */
function systemFlags(
  { create, exclusive, truncate }: OpenFlags,
  { read, write, fileIntegritySync, dataIntegritySync, requestedWriteSync }: DescriptorFlags,
): number {
  const writes = write || truncate;
  const access = !writes ? constants.O_RDONLY : read ? constants.O_RDWR : constants.O_WRONLY;
  return (
    access |
    (create ? constants.O_CREAT : 0) |
    (create && exclusive ? constants.O_EXCL : 0) |
    (truncate ? constants.O_TRUNC : 0) |
    (fileIntegritySync || requestedWriteSync ? O_SYNC : 0) |
    (dataIntegritySync ? O_DSYNC : 0) |
    O_NOFOLLOW |
    O_NONBLOCK |
    O_NOCTTY
  );
}
