import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ImagesError } from "./error.ts";
import { run, works } from "./run.ts";

/** What `--help` prints. */
export const help = `npm run images -- [options]
  --node-image IMAGE  what both stand on; default is that of the Dockerfile. buildah takes docker-archive:FILE too
  --tag TAG           default dev
  --platform OS/CPU   as often as there are; with more than one, tags end in the processor
  --builder NAME      buildah or docker; default is what works here
  --archive           write .cache/images/operator.tar and runner.tar too
  --prepare           only prepare the context of the Dockerfile and the SBOMs
SOURCE_DATE_EPOCH is the time of the images; default is that of the last commit.
`;

/** What was asked for. */
export interface ImagesOptions {
  readonly nodeImage: string | undefined;
  readonly tag: string;
  readonly platforms: readonly string[];
  readonly builder: string | undefined;
  readonly archive: boolean;
  readonly prepareOnly: boolean;
}

/** What the images are made of. */
export interface Source {
  readonly version: string;
  /** The commit, with `-dirty` where files differ from it. */
  readonly revision: string;
  /** Seconds since 1970. */
  readonly epoch: number;
}

/** Throws `ImagesError` with the code `bad-options` for what does not exist or cannot be. */
export function readOptions(args: readonly string[]): ImagesOptions | "help" {
  const values = parse(args);
  if (values.help) return "help";
  const { tag, platform } = values;
  if (!/^\w[\w.-]{0,127}$/.test(tag)) {
    throw new ImagesError("bad-options", `Cannot use --tag: give letters, digits, "_", "." and "-": ${tag}`);
  }
  const wrong = platform.find((name) => !/^linux\/[a-z0-9]+(\/[a-z0-9]+)?$/.test(name));
  if (wrong !== undefined) {
    throw new ImagesError("bad-options", `Cannot use --platform: give linux/amd64 or linux/arm64: ${wrong}`);
  }
  return {
    nodeImage: values["node-image"],
    tag,
    platforms: [...new Set(platform)],
    builder: values.builder,
    archive: values.archive,
    prepareOnly: values.prepare,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        help: { type: "boolean", default: false },
        "node-image": { type: "string" },
        tag: { type: "string", default: "dev" },
        platform: { type: "string", multiple: true, default: [] },
        builder: { type: "string" },
        archive: { type: "boolean", default: false },
        prepare: { type: "boolean", default: false },
      },
      strict: true,
    }).values;
  } catch (cause) {
    throw new ImagesError("bad-options", (cause as Error).message, { cause });
  }
}

/** Reads the version from package.json, the commit from git, and the time from SOURCE_DATE_EPOCH or the commit. */
export function readSource(root: string, env: NodeJS.ProcessEnv): Source {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  const git = (...args: string[]): string => run("git", args, { cwd: root }).trim();
  const inGit = works("git", ["-C", root, "rev-parse", "HEAD"]);
  const revision = inGit
    ? `${git("rev-parse", "HEAD")}${git("status", "--porcelain") === "" ? "" : "-dirty"}`
    : "unknown";
  const asked = env["SOURCE_DATE_EPOCH"] ?? (inGit ? git("log", "-1", "--format=%ct") : "");
  if (!/^\d{1,11}$/.test(asked)) {
    throw new ImagesError(
      "bad-options",
      `Cannot date the images: set SOURCE_DATE_EPOCH to seconds since 1970: ${asked}`,
    );
  }
  return { version, revision, epoch: Number(asked) };
}
