/** A program that gets an image of its own: the target of that name in the Dockerfile. */
export interface Program {
  readonly name: "operator" | "runner";
  /** Sources that become one file each, at the same place with the ending `.js`: what is started, and what that starts. */
  readonly entries: readonly string[];
  /** Files that are read at run time, copied to the same place. */
  readonly data: readonly string[];
  /** Lock files of the crates that the data was built from. */
  readonly cargoLocks: readonly string[];
}

/** In the order in which they are built. */
export const programs: readonly Program[] = [
  {
    name: "operator",
    entries: ["operator/main.ts", "composer/worker.ts"],
    data: ["composer/composer.wasm"],
    cargoLocks: ["composer/Cargo.lock"],
  },
  {
    name: "runner",
    entries: ["runner/main.ts", "runner/worker.ts", "runner/command.ts", "runner/watchdog-thread.ts"],
    data: [],
    cargoLocks: [],
  },
];
