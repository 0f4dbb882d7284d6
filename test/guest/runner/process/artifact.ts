import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startComposer } from "../../../../composer/index.ts";
import type { ArtifactIndex } from "../../../../runner/artifact.ts";
import { defaultLimits, type Limits, type RunnerConfig } from "../../../../runner/config.ts";

const sha256 = (bytes: Uint8Array | string): string => createHash("sha256").update(bytes).digest("hex");

/** Flattens a built guest, as one instance `app`, into an artifact folder. */
export async function makeArtifact(guest: string, options: { readonly deadlines?: boolean } = {}): Promise<string> {
  const composer = startComposer();
  try {
    const component = readFileSync(new URL(`../../../../guests/built/${guest}.wasm`, import.meta.url));
    const app = { name: "app", component: 0 };
    const table = await composer.inspect(component);
    const composed = await composer.compose([component], {
      instances: [app],
      edges: [],
      exports: table.exports.map(({ name }) => ({ name, instance: "app", item: name })),
    });
    const { plan, modules } = await composer.flatten(composed, { deadlines: options.deadlines ?? true });
    const folder = mkdtempSync(join(tmpdir(), "tenon-artifact-"));
    mkdirSync(join(folder, "blobs"));
    const blobs = modules.map((bytes) => {
      const hex = sha256(bytes);
      writeFileSync(join(folder, "blobs", hex), bytes);
      return { digest: `sha256:${hex}`, size: bytes.length };
    });
    const index: ArtifactIndex = {
      format: 1,
      name: "test",
      plan,
      blobs,
      wiring: {
        instances: [{ name: "app", component: guest, digest: `sha256:${sha256(component)}` }],
        edges: [],
        hostImports: [],
        exports: [],
      },
    };
    writeFileSync(join(folder, "index.json"), JSON.stringify(index));
    return folder;
  } finally {
    await composer.close();
  }
}

/** A configuration for tests: free ports, one process, the default limits but those given. */
export function makeConfig(
  artifact: string,
  options: Partial<RunnerConfig> & { limits?: never } = {},
  limits: Partial<Limits> = {},
): RunnerConfig {
  return {
    composition: "test",
    artifact,
    listen: "127.0.0.1:0",
    admin: "127.0.0.1:0",
    call: true,
    isolation: "Instance",
    processes: 1,
    grants: {},
    backends: {},
    ...options,
    limits: { ...defaultLimits, ...limits },
  };
}
