import { lutimes } from "node:fs/promises";
import { speaks } from "../catalogue.ts";
import { blocking, typed } from "../functions.ts";
import { type HostFunction, type HostInstance, type HostInterface, Trap, type TypedFunction } from "../host.ts";
import type { IoError } from "../streams.ts";
import { Descriptor, type DescriptorFlags, openLimit, Session } from "./descriptor.ts";
import { Directory } from "./directory.ts";
import { DirectoryEntryStream } from "./entries.ts";
import { asHostError, FileIoError, fail } from "./error.ts";
import * as files from "./file-calls.ts";
import { type OpenFlags, openAt, type PathFlags } from "./open.ts";
import * as paths from "./path-calls.ts";
import { describe, metadataHash, type NewTimestamp, newTimes } from "./stat.ts";

/**
 * `wasi:filesystem` 0.2: the folders of `grants.filesystem`, nothing without the grant. What is guaranteed of the sandbox
 * is said at `Directory` and `walk`; what a read-only grant refuses at `Descriptor`.
 */
export const filesystemInterfaces: readonly HostInterface[] = [
  {
    name: "wasi:filesystem/preopens",
    speaks: speaks("wasi:filesystem/preopens"),
    bind: (_guest, host) => ({ "get-directories": typed(bindPreopens(host)) }),
  },
  {
    name: "wasi:filesystem/types",
    speaks: speaks("wasi:filesystem/types"),
    bind: () => ({ ...bindFiles(), ...bindPaths(), ...bindRest() }),
    resources: { descriptor: Descriptor, "directory-entry-stream": DirectoryEntryStream },
  },
];

/** Open once for all pooled instances. */
const roots = new WeakMap<HostInstance, readonly Directory[]>();

/** Libraries ask for the preopened folders while they start, when nothing may wait yet: so they are opened in place. */
function bindPreopens(host: HostInstance): () => [Descriptor, string][] {
  const session = new Session();
  const grants = host.grants.filesystem ?? [];
  return () => {
    let opened = roots.get(host);
    if (opened === undefined) {
      opened = grants.map(({ path, guestPath }) => openRoot(path, guestPath));
      roots.set(host, opened);
    }
    return opened.map((directory, index) => {
      enterOrTrap(session);
      const { guestPath, readOnly } = grants[index]!;
      return [new Descriptor(session, { directory: directory.retain() }, !readOnly), guestPath];
    });
  };
}

/** `get-directories` has no error to answer with. */
function enterOrTrap(session: Session): void {
  try {
    session.enter();
  } catch (error) {
    throw new Trap(`Cannot hold more than ${openLimit} open descriptors`, { cause: error });
  }
}

function openRoot(path: string, guestPath: string): Directory {
  try {
    return Directory.openRoot(path);
  } catch (error) {
    const { code } = error as { readonly code?: string };
    throw new Trap(`Cannot open the folder granted as "${guestPath}": ${code ?? "it is no folder"}`, { cause: error });
  }
}

/** Answers with the error code of what was thrown; the thread does not wait. */
function waiting<A extends readonly unknown[]>(call: (self: Descriptor, ...args: A) => unknown): HostFunction {
  const answer = async (self: Descriptor, ...args: A) => {
    try {
      return await call(self, ...args);
    } catch (error) {
      throw asHostError(error);
    }
  };
  return blocking(answer as TypedFunction);
}

/** The same for what answers at once. */
function immediate<A extends readonly unknown[]>(call: (self: Descriptor, ...args: A) => unknown): HostFunction {
  const answer = (self: Descriptor, ...args: A) => {
    try {
      return call(self, ...args);
    } catch (error) {
      throw asHostError(error);
    }
  };
  return typed(answer as TypedFunction);
}

function bindFiles(): Record<string, HostFunction> {
  return {
    "[method]descriptor.read-via-stream": immediate(files.readViaStream),
    "[method]descriptor.write-via-stream": immediate(files.writeViaStream),
    "[method]descriptor.append-via-stream": waiting(files.appendViaStream),
    "[method]descriptor.read": waiting(files.read),
    "[method]descriptor.write": waiting(files.write),
    "[method]descriptor.set-size": waiting(files.setSize),
    "[method]descriptor.advise": immediate(files.advise),
    "[method]descriptor.sync": waiting((self) => files.sync(self, false)),
    "[method]descriptor.sync-data": waiting((self) => files.sync(self, true)),
    "[method]descriptor.set-times": waiting(setTimes),
    "[method]descriptor.get-flags": immediate((self) => allFlags(self.flags)),
    "[method]descriptor.get-type": immediate((self) => self.type),
    "[method]descriptor.stat": waiting(async (self) => describe(await self.stat())),
    "[method]descriptor.metadata-hash": waiting(async (self) => metadataHash(await self.stat())),
    "[method]descriptor.is-same-object": waiting(isSameObject),
  };
}

function bindPaths(): Record<string, HostFunction> {
  return {
    "[method]descriptor.open-at": waiting(
      (self, flags: PathFlags, path: string, openFlags: OpenFlags, descriptorFlags: DescriptorFlags) =>
        openAt(self, flags, path, openFlags, descriptorFlags),
    ),
    "[method]descriptor.create-directory-at": waiting(paths.createDirectoryAt),
    "[method]descriptor.remove-directory-at": waiting(paths.removeDirectoryAt),
    "[method]descriptor.unlink-file-at": waiting(paths.unlinkFileAt),
    "[method]descriptor.rename-at": waiting(paths.renameAt),
    "[method]descriptor.link-at": waiting(paths.linkAt),
    "[method]descriptor.symlink-at": waiting(paths.symlinkAt),
    "[method]descriptor.readlink-at": waiting(paths.readlinkAt),
    "[method]descriptor.set-times-at": waiting(paths.setTimesAt),
    "[method]descriptor.stat-at": waiting(async (self, flags: PathFlags, path: string) =>
      describe(await paths.statAt(self, flags, path)),
    ),
    "[method]descriptor.metadata-hash-at": waiting(async (self, flags: PathFlags, path: string) =>
      metadataHash(await paths.statAt(self, flags, path)),
    ),
  };
}

function bindRest(): Record<string, HostFunction> {
  return {
    "[method]descriptor.read-directory": waiting((self) => DirectoryEntryStream.open(self)),
    "[method]directory-entry-stream.read-directory-entry": blocking(async (stream: DirectoryEntryStream) => {
      try {
        return await stream.next();
      } catch (error) {
        throw asHostError(error);
      }
    }),
    "filesystem-error-code": typed((error: IoError) => (error instanceof FileIoError ? error.code : undefined)),
  };
}

async function setTimes(self: Descriptor, access: NewTimestamp, modification: NewTimestamp): Promise<void> {
  if (self.type !== "directory") return await files.setFileTimes(self, access, modification);
  using directory = self.mutable ? self.directory.retain() : fail("read-only");
  const times = newTimes(access, modification, await directory.stat("."));
  if (times !== undefined) await lutimes(directory.at("."), ...times);
}

async function isSameObject(self: Descriptor, other: Descriptor): Promise<boolean> {
  const [one, two] = await Promise.all([self.stat(), other.stat()]);
  return one.dev === two.dev && one.ino === two.ino;
}

function allFlags(flags: DescriptorFlags) {
  const { read = false, write = false, mutateDirectory = false } = flags;
  const { fileIntegritySync = false, dataIntegritySync = false, requestedWriteSync = false } = flags;
  return { read, write, fileIntegritySync, dataIntegritySync, requestedWriteSync, mutateDirectory };
}
