import { getuid } from "node:process";
import { ImagesError } from "./error.ts";
import { run, works } from "./run.ts";

/** A program that builds images. */
export type BuilderName = "buildah" | "docker";

/** One build of a target of the Dockerfile. */
export interface Build {
  readonly target: string;
  /** Name and tag of the result. */
  readonly image: string;
  readonly nodeImage: string | undefined;
  /** `linux/arm64`, say; undefined is that of this machine. */
  readonly platform: string | undefined;
  /** Seconds since 1970: the time of the image, and with buildah of all files in its layers. */
  readonly epoch: number;
  readonly version: string;
  readonly revision: string;
}

/** What a builder says of an image that it has. */
export interface BuiltImage {
  /** With its base and not compressed, in words: `158 MB`. */
  readonly size: string;
  /** The sha256 of the layer that is ours, not compressed. */
  readonly layer: string;
}

/** The arguments that build an image, in the folder of the Dockerfile. The same build gives the same layers with buildah. */
export function makeBuildArguments(builder: BuilderName, build: Build): readonly string[] {
  const { target, image, nodeImage, platform, epoch, version, revision } = build;
  const values = {
    ...(nodeImage === undefined ? {} : { NODE_IMAGE: nodeImage }),
    VERSION: version,
    REVISION: revision,
    CREATED: new Date(epoch * 1000).toISOString().replace(".000Z", "Z"),
    ...(builder === "docker" ? { SOURCE_DATE_EPOCH: `${epoch}` } : {}),
  };
  return [
    ...(builder === "buildah"
      ? // Chroot: the only isolation that needs no rights to make namespaces. Nothing runs in a build anyway.
        ["bud", "--quiet", "--isolation", "chroot", "--timestamp", `${epoch}`, "--identity-label=false"]
      : ["build", "--quiet", "--provenance=false"]),
    ...(platform === undefined ? [] : ["--platform", platform]),
    ...Object.entries(values).flatMap(([name, value]) => ["--build-arg", `${name}=${value}`]),
    "--target",
    target,
    "--tag",
    image,
    ".",
  ];
}

/** The builder that was asked for, else one that works here, else buildah from Debian's packages where we are root. */
export function findBuilder(asked: string | undefined, log: (line: string) => void): BuilderName {
  if (asked !== undefined && asked !== "buildah" && asked !== "docker") {
    throw new ImagesError("bad-options", `Cannot build with --builder: use buildah or docker: ${asked}`);
  }
  if (asked !== "docker" && works("buildah", ["--version"])) return "buildah";
  if (asked !== "buildah" && works("docker", ["info"])) return "docker";
  if (asked === "docker" || getuid?.() !== 0 || !works("apt-get", ["--version"])) {
    throw new ImagesError("no-builder", `Cannot build images: install ${asked ?? "buildah, or docker"} and start it`);
  }
  log("Installing buildah with apt-get");
  run("apt-get", ["update", "-qq"]);
  run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "buildah"]);
  return "buildah";
}

/** What was built. */
export function inspectImage(builder: BuilderName, image: string): BuiltImage {
  const inspect =
    builder === "buildah"
      ? ["inspect", "--type", "image", "--format", "{{.OCIv1.RootFS.DiffIDs}}", image]
      : ["image", "inspect", "--format", "{{.RootFS.Layers}}", image];
  return {
    size: run(builder, ["images", "--format", "{{.Size}}", image]).trim(),
    layer:
      run(builder, inspect)
        .match(/sha256:[0-9a-f]{64}/g)
        ?.at(-1) ?? "unknown",
  };
}

/** Writes an image into a new file that docker, skopeo, ctr, kind and `kube load` read. */
export function archiveImage(builder: BuilderName, image: string, file: string): void {
  if (builder === "docker") run(builder, ["save", "--output", file, image]);
  else run(builder, ["push", "--quiet", image, `docker-archive:${file}:${image}`]);
}
