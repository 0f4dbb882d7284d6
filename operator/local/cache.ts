import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { isAbsolute, join } from "node:path";
import type { ArtifactIndex } from "../../runner/artifact.ts";
import { sha256 } from "../digest.ts";
import { LocalError } from "./error.ts";

/** An artifact on disk: a folder with `index.json` and `blobs/<sha256 hex>`, as a runner reads it. */
export interface StoredArtifact {
  readonly folder: string;
  /** `sha256:` and the hexadecimal digest of `index.json`. */
  readonly digest: string;
  readonly index: ArtifactIndex;
}

/** More artifacts than this are not kept; the ones that were used longest ago go first. */
const maxEntries = 64;

/**
 * Opens the cache folder: `XDG_CACHE_HOME/tenon` or `~/.cache/tenon`. Where it cannot be written, or others may write to it, a fresh folder below the
 * system's temporary one, which then holds nothing from before.
 */
export async function openCache(env: NodeJS.ProcessEnv = process.env): Promise<ArtifactCache> {
  const xdg = env["XDG_CACHE_HOME"];
  const home = env["HOME"] ?? homedir();
  const base = xdg !== undefined && isAbsolute(xdg) ? xdg : join(home, ".cache");
  const folder = join(base, "tenon", "artifacts");
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await refuseShared(folder);
    const probe = join(folder, `.probe-${randomUUID()}`);
    await writeFile(probe, "");
    await rm(probe);
    return new ArtifactCache(folder);
  } catch {
    // A name that nobody can guess: in a shared folder an old one could be somebody else's.
    return new ArtifactCache(await mkdtemp(join(tmpdir(), "tenon-")));
  }
}

/** Throws where somebody else may write: code comes out of this folder, and digests beside it prove nothing. */
async function refuseShared(folder: string): Promise<void> {
  const { uid, mode } = await stat(folder);
  // Windows has neither.
  if (process.getuid === undefined) return;
  if (uid !== process.getuid() || (mode & 0o022) !== 0) throw new RangeError("shared");
}

/** Artifacts by the digest of what they were made from. Entries are written whole or not at all. */
export class ArtifactCache {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** The artifact under this key, each of its files checked against its digest; one that fails is removed. */
  async find(key: string): Promise<StoredArtifact | undefined> {
    const folder = join(this.folder, key);
    try {
      const [text, digest] = await Promise.all([
        readFile(join(folder, "index.json"), "utf8"),
        readFile(join(folder, "digest"), "utf8"),
      ]);
      if (digest !== `sha256:${sha256(text)}`) throw new RangeError("index");
      const index = JSON.parse(text) as ArtifactIndex;
      for (const blob of index.blobs) {
        const hex = blob.digest.slice("sha256:".length);
        if (sha256(await readFile(join(folder, "blobs", hex))) !== hex) throw new RangeError("blob");
      }
      const now = new Date();
      await utimes(folder, now, now);
      return { folder, digest, index };
    } catch {
      await rm(folder, { recursive: true, force: true }).catch(() => {});
      return undefined;
    }
  }

  /** Stores an artifact. Of two processes that store one key at once either wins: both have the same. */
  async store(key: string, index: ArtifactIndex, blobs: ReadonlyMap<string, Uint8Array>): Promise<StoredArtifact> {
    const folder = join(this.folder, key);
    const part = join(this.folder, `.${key.slice(0, 16)}-${randomUUID()}`);
    const text = JSON.stringify(index);
    const digest = `sha256:${sha256(text)}`;
    try {
      await mkdir(join(part, "blobs"), { recursive: true, mode: 0o700 });
      for (const [blob, bytes] of blobs) await writeFile(join(part, "blobs", blob.slice("sha256:".length)), bytes);
      await writeFile(join(part, "index.json"), text);
      await writeFile(join(part, "digest"), digest);
      await rename(part, folder).catch(async (error: NodeJS.ErrnoException) => {
        if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
        await rm(part, { recursive: true, force: true });
      });
    } catch (cause) {
      await rm(part, { recursive: true, force: true }).catch(() => {});
      const { code = "unknown reason" } = cause as NodeJS.ErrnoException;
      const hint = "Free some space, or name another folder in XDG_CACHE_HOME";
      throw new LocalError("cache", `Cannot write to the cache folder (${code}): ${this.folder}`, { cause, hint });
    }
    await this.#prune(key);
    return { folder, digest, index };
  }

  async #prune(keep: string): Promise<void> {
    try {
      const names = (await readdir(this.folder)).filter((name) => name !== keep);
      if (names.length < maxEntries) return;
      const used = await Promise.all(
        names.map(async (name) => ({ name, time: (await stat(join(this.folder, name))).mtimeMs })),
      );
      used.sort((a, b) => b.time - a.time);
      for (const { name } of used.slice(maxEntries - 1))
        await rm(join(this.folder, name), { recursive: true, force: true });
    } catch {
      // Another process prunes too, or removed what was listed: there is a next time.
    }
  }
}
