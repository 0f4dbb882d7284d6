import type { Artifact } from "../../operator/compose/artifact.ts";
import { sha256 } from "../../operator/digest.ts";
import { makeLog } from "../../operator/log.ts";
import { openStore, type Store, type StoreOptions } from "../../operator/package/store.ts";
import type { ArtifactIndex } from "../../runner/artifact.ts";
import { FakeClock } from "./clock.ts";
import { withFolder } from "./local/folder.ts";

/** An artifact of this name with these blobs; it looks like one, and no runner could run it. */
export function artifactOf(name: string, blobs: readonly (string | Uint8Array)[] = [`blob of ${name}`]): Artifact {
  const bytes = blobs.map((blob) => Buffer.from(blob as string));
  const named = bytes.map((blob) => ({ digest: `sha256:${sha256(blob)}`, size: blob.byteLength }));
  const index = { format: 1, name, plan: {}, blobs: named } as unknown as ArtifactIndex;
  const text = JSON.stringify(index);
  const byDigest = new Map(named.map(({ digest }, at) => [digest, bytes[at]!]));
  return { index, text, digest: `sha256:${sha256(text)}`, blobs: byDigest };
}

/** Where the key of the inputs that an artifact of this name was made from would be. */
export const keyFor = (name: string): string => sha256(`inputs of ${name}`);

/** A store that a test opens, and may open again as after a restart. */
export interface TestStore {
  readonly folder: string;
  readonly clock: FakeClock;
  readonly lost: (readonly string[])[];
  readonly lines: string[];
  readonly open: (options?: Partial<StoreOptions>) => Promise<Store>;
}

/** Runs `use` with a folder for a store, which is gone afterwards. */
export function withStore<T>(use: (store: TestStore) => Promise<T>): Promise<T> {
  return withFolder({}, async (folder) => {
    const clock = new FakeClock({ now: Date.now() });
    const lost: (readonly string[])[] = [];
    const lines: string[] = [];
    const log = makeLog((line) => lines.push(line), { level: "debug", now: () => 0 });
    const onLost = (owners: readonly string[]): void => void lost.push(owners);
    const open = (options: Partial<StoreOptions> = {}): Promise<Store> =>
      openStore({ folder, bytes: 2 ** 20, clock, log, onLost, ...options });
    return use({ folder, clock, lost, lines, open });
  });
}
