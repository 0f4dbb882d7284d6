import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { ArtifactIndex, Blob } from "./artifact.ts";
import { Downloads } from "./artifact-download.ts";
import { Backoff } from "./backoff.ts";
import type { ArtifactFetch } from "./config.ts";
import { RunnerError } from "./error.ts";
import type { RunnerLog } from "./log.ts";

/** What fetching needs. */
export interface FetchOptions {
  /** The artifact's folder; it is made where it is not there. */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly log: Pick<RunnerLog, "event">;
  readonly backoff?: Backoff;
  /** How long the server may be silent: 30 s where it is not given. */
  readonly silenceMs?: number;
}

/** Bytes of an index, and of all blobs of one artifact. */
const maxIndex = 64 * 1024 * 1024;
const maxBlobs = 1024 * 1024 * 1024;
const atOnce = 4;
const digestPattern = /^sha256:[0-9a-f]{64}$/;

/**
 * Makes the folder hold the artifact: what is there already and right is kept and not asked for again, so that a runner starts
 * while the operator is down. No file has its name before it was checked against its digest. Whatever goes wrong is logged and
 * tried again with backoff, for as long as the signal lets it: it rejects with the signal's reason and nothing else.
 */
export async function fetchArtifact(fetch: ArtifactFetch, options: FetchOptions): Promise<void> {
  const { signal, log, backoff = new Backoff({ firstMs: 500, maxMs: 30_000 }) } = options;
  for (;;) {
    signal.throwIfAborted();
    try {
      return await attempt(fetch, options);
    } catch (error) {
      signal.throwIfAborted();
      const delay = backoff.next(0);
      const why = `Cannot fetch the artifact, trying again in ${Math.ceil(delay)} ms: ${(error as Error).message}`;
      log.event("warn", why);
      await sleep(delay, undefined, { signal }).catch(() => {});
    }
  }
}

async function attempt(fetch: ArtifactFetch, { folder, signal, silenceMs = 30_000 }: FetchOptions): Promise<void> {
  const { digest } = fetch;
  const path = join(folder, "index.json");
  const base = `${fetch.url.replace(/\/+$/, "")}/artifacts/${digest}`;
  await mkdir(join(folder, "blobs"), { recursive: true });
  const missing = (await holds(path, digest)) ? await missingBlobs(folder) : undefined;
  if (missing?.length === 0) return;
  const downloads = await Downloads.open(fetch, { signal, silenceMs });
  try {
    if (missing === undefined) await downloads.get(base, { path, digest, most: maxIndex });
    await getAll(missing ?? (await missingBlobs(folder)), (blob) => {
      const file = { path: fileOf(folder, blob), digest: blob.digest, most: blob.size };
      return downloads.get(`${base}/blobs/${blob.digest}`, file);
    });
  } finally {
    downloads.close();
  }
}

/** Some at once. It ends when all have ended, also after a failure: the next attempt writes the same files. */
async function getAll(blobs: Blob[], get: (blob: Blob) => Promise<void>): Promise<void> {
  const work = async (): Promise<void> => {
    for (let blob = blobs.pop(); blob !== undefined; blob = blobs.pop()) await get(blob);
  };
  const ends = await Promise.allSettled(
    Array.from({ length: atOnce }, () =>
      work().catch((error: unknown) => {
        blobs.length = 0;
        throw error;
      }),
    ),
  );
  const failed = ends.find((end) => end.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

/** The blobs that the index in the folder names and that are not there, each once. */
async function missingBlobs(folder: string): Promise<Blob[]> {
  const blobs = new Map(
    readBlobs(await readFile(join(folder, "index.json"), "utf8")).map((blob) => [blob.digest, blob]),
  );
  const missing: Blob[] = [];
  for (const blob of blobs.values()) if (!(await holds(fileOf(folder, blob), blob.digest))) missing.push(blob);
  return missing;
}

/** Its digest was checked, and still nothing in it may lead out of the folder or fill the disk. */
function readBlobs(text: string): readonly Blob[] {
  const { blobs } = JSON.parse(text) as Partial<ArtifactIndex>;
  const fits = ({ digest, size }: Blob): boolean =>
    digestPattern.test(digest) && Number.isSafeInteger(size) && size >= 0;
  if (!Array.isArray(blobs) || !blobs.every(fits)) {
    throw new RunnerError("artifact-corrupt", "its index names no blobs that this runner can read");
  }
  const bytes = blobs.reduce((sum, { size }) => sum + size, 0);
  if (bytes > maxBlobs) {
    throw new RunnerError("artifact-corrupt", `its blobs have ${bytes} bytes, and an artifact at most ${maxBlobs}`);
  }
  return blobs;
}

function fileOf(folder: string, { digest }: Blob): string {
  return join(folder, "blobs", digest.slice("sha256:".length));
}

/** True where the file is there and has this digest. */
async function holds(path: string, digest: string): Promise<boolean> {
  const hash = createHash("sha256");
  try {
    await pipeline(createReadStream(path), hash);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
  return `sha256:${hash.digest("hex")}` === digest;
}
