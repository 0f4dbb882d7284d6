import type { BigIntStats } from "node:fs";
import { link, lutimes, mkdir, readlink, rename, rmdir, symlink, unlink } from "node:fs/promises";
import { platform } from "node:process";
import type { Descriptor } from "./descriptor.ts";
import { type Directory, decodeName } from "./directory.ts";
import { fail } from "./error.ts";
import type { PathFlags } from "./open.ts";
import { type NewTimestamp, newTimes } from "./stat.ts";
import { type Place, walk } from "./walk.ts";

/** `descriptor.create-directory-at`. */
export async function createDirectoryAt(self: Descriptor, path: string): Promise<void> {
  using place = await walkToName(self.mutableDirectory, path);
  await mkdir(place.directory.at(place.name));
}

/** `descriptor.remove-directory-at`. */
export async function removeDirectoryAt(self: Descriptor, path: string): Promise<void> {
  using place = await walkToName(self.mutableDirectory, path);
  await rmdir(place.directory.at(place.name));
}

/** `descriptor.unlink-file-at`: a directory is `is-directory` on every system. */
export async function unlinkFileAt(self: Descriptor, path: string): Promise<void> {
  using place = await walkToName(self.mutableDirectory, path);
  const isDirectory = (await place.directory.stat(place.name)).isDirectory();
  if (isDirectory) fail("is-directory");
  if (place.slash) fail("not-directory");
  await unlink(place.directory.at(place.name));
}

/** `descriptor.rename-at`. Both ends must be changeable: nothing leaves a read-only grant, nothing enters one. */
export async function renameAt(self: Descriptor, path: string, target: Descriptor, targetPath: string): Promise<void> {
  using from = await walkToName(self.mutableDirectory, path);
  using to = await walkToName(target.mutableDirectory, targetPath);
  if ((from.slash || to.slash) && !(await from.directory.stat(from.name)).isDirectory()) fail("not-directory");
  await rename(from.directory.at(from.name), to.directory.at(to.name));
}

/** `descriptor.link-at`. Links are never followed here, and both ends must be changeable. */
export async function linkAt(
  self: Descriptor,
  { symlinkFollow = false }: PathFlags,
  path: string,
  target: Descriptor,
  targetPath: string,
): Promise<void> {
  if (symlinkFollow) fail("invalid");
  using from = await walkToName(self.mutableDirectory, path);
  using to = await walkToName(target.mutableDirectory, targetPath);
  // Other systems than Linux would follow a link here.
  if (platform !== "linux" && (await from.directory.stat(from.name)).isSymbolicLink()) fail("unsupported");
  if (from.slash) fail("not-directory");
  if (to.slash) fail("no-entry");
  await link(from.directory.at(from.name), to.directory.at(to.name));
}

/**
 * `descriptor.symlink-at`. What a relative target means is decided when it is followed; an absolute one is refused. Under
 * Node's permission model, which lets nobody make links, it is `access`.
 */
export async function symlinkAt(self: Descriptor, target: string, path: string): Promise<void> {
  if (target.startsWith("/")) fail("not-permitted");
  if (target.includes("\0")) fail("invalid");
  using place = await walkToName(self.mutableDirectory, path);
  if (place.slash) fail("no-entry");
  await symlink(target, place.directory.at(place.name));
}

/** `descriptor.readlink-at`. An absolute target, which names something of the machine, is not shown. */
export async function readlinkAt(self: Descriptor, path: string): Promise<string> {
  using place = await walkToName(self.directory, path);
  const target = decodeName(await readlink(place.directory.at(place.name), { encoding: "buffer" }));
  return target.startsWith("/") ? fail("not-permitted") : target;
}

/** `descriptor.stat-at` and `metadata-hash-at`. */
export async function statAt(self: Descriptor, flags: PathFlags, path: string): Promise<BigIntStats> {
  using place = await walk(self.directory, path, flags.symlinkFollow ?? false);
  return await statPlace(place);
}

/** `descriptor.set-times-at`. */
export async function setTimesAt(
  self: Descriptor,
  flags: PathFlags,
  path: string,
  access: NewTimestamp,
  modification: NewTimestamp,
): Promise<void> {
  using place = await walk(self.mutableDirectory, path, flags.symlinkFollow ?? false);
  const times = newTimes(access, modification, await statPlace(place));
  if (times !== undefined) await lutimes(place.directory.at(place.name), ...times);
}

async function statPlace({ directory, name, slash }: Place): Promise<BigIntStats> {
  const stats = await directory.stat(name);
  return slash && !stats.isDirectory() ? fail("not-directory") : stats;
}

/** Where a name is made, removed or read as a link: a slash at its end does not make a link there be followed. */
async function walkToName(base: Directory, path: string): Promise<Place> {
  let end = path.length;
  while (end > 1 && path[end - 1] === "/") end--;
  const place = await walk(base, path.slice(0, end), false);
  return { ...place, slash: place.slash || end < path.length };
}
