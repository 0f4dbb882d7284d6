import { join, resolve } from "node:path";
import { execPath } from "node:process";
import { ClusterError } from "./error.ts";
import { run } from "./run.ts";

const root = resolve(import.meta.dirname, "../../..");
const tag = "e2e";

/** The images under test, as the node has them. */
export const images = {
  operator: { repository: "localhost/tenon-operator", tag },
  runner: { repository: "localhost/tenon-runner", tag },
} as const;

/** The image of the runner: it has Node, so that pods of the tests use it too. */
export const runnerImage = `${images.runner.repository}:${images.runner.tag}`;

/** Builds both images from the tree with the project's own script, on the node that runs this, and loads them. */
export async function provideImages(kube: string): Promise<void> {
  const base = await mustRun(kube, ["node-image"], { NODE_BIN: execPath });
  const archive = base.trim().split("\n").at(-1);
  const script = join(root, "scripts/images.ts");
  await mustRun(execPath, [script, "--node-image", `docker-archive:${archive}`, "--tag", tag, "--archive"]);
  const files = Object.keys(images).map((name) => join(root, `.cache/images/${name}.tar`));
  await mustRun(kube, ["load", ...files]);
}

/**
 * What a program printed; rejects with `start` and what it said where it failed. It does not see `NODE`, which npm sets to a
 * path and the cluster's script takes for the name of the node.
 */
export async function mustRun(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  const { code, out, err } = await run(program, args, { env: { NODE: undefined, ...env }, timeoutMs: 540_000 });
  if (code === 0) return out;
  const said = `${err}${out}`.trim().slice(-4000);
  throw new ClusterError("start", `Cannot run ${[program, ...args].join(" ")}, it ended with ${code}: ${said}`);
}
