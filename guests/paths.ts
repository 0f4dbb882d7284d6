import { join, resolve } from "node:path";

/** The repository's folder, absolute. */
export const root: string = resolve(import.meta.dirname, "..");
/** What is built and not committed, and what helps to build it; never in git. */
export const cache: string = join(root, ".cache/guests");
