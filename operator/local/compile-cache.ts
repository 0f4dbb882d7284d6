import { basename, dirname, join } from "node:path";
import type { ArtifactCache } from "./cache.ts";

/** Where workers keep compiled sources: beside the artifacts, or inside a folder that is only for this process. */
export function compileCacheOf({ folder }: ArtifactCache): string {
  return join(basename(folder) === "artifacts" ? dirname(folder) : folder, "node");
}
