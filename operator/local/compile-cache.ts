import { join } from "node:path";
import type { RunnerConfig } from "../../runner/config.ts";

/**
 * Where workers keep compiled sources: in the artifact's own folder, which goes when the artifact goes. In a folder for all,
 * a guest that broke out of one composition could leave code for the workers of the others.
 */
export function compileCacheOf({ artifact }: RunnerConfig): string {
  return join(artifact, "node");
}
