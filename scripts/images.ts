/**
 * `images.ts`: prepares what the images hold, lists it (CycloneDX), and builds both with buildah or docker. `--help` has the
 * options. Everything it writes is in `.cache/images`.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { argv, env, exit, stderr, stdout } from "node:process";
import { archiveImage, type BuilderName, findBuilder, inspectImage, makeBuildArguments } from "./images/builder.ts";
import { readCrates } from "./images/crates.ts";
import { ImagesError } from "./images/error.ts";
import { help, type ImagesOptions, readOptions, readSource, type Source } from "./images/options.ts";
import { prepare } from "./images/prepare.ts";
import { type Program, programs } from "./images/programs.ts";
import { run } from "./images/run.ts";
import { type Sbom, selectSbom } from "./images/sbom.ts";

const root = join(import.meta.dirname, "..");
const cache = join(root, ".cache/images");
const log = (line: string): void => void stderr.write(`${line}\n`);

async function prepareAll({ epoch }: Source): Promise<void> {
  const sbomArguments = ["sbom", "--sbom-format=cyclonedx", "--sbom-type=application", "--package-lock-only"];
  const whole: Sbom = JSON.parse(run("npm", sbomArguments, { cwd: root }));
  for (const program of programs) {
    const { name, cargoLocks } = program;
    const { packages, bytes } = await prepare(program, { root, folder: join(cache, "context", name), epoch });
    const others = cargoLocks.flatMap((file) => readCrates(readFileSync(join(root, file), "utf8")));
    const sbom = selectSbom(whole, { image: `tenon-${name}`, packages, others, epoch });
    writeFileSync(join(cache, `${name}.cdx.json`), `${JSON.stringify(sbom, null, 2)}\n`);
    log(`Prepared ${name}: ${(bytes / 1e6).toFixed(1)} MB, ${packages.length} packages, ${others.length} crates`);
  }
}

function build(builder: BuilderName, { name }: Program, options: ImagesOptions & Source): void {
  const { platforms, tag, archive, ...rest } = options;
  for (const platform of platforms.length === 0 ? [undefined] : platforms) {
    const suffix = platforms.length > 1 ? `-${platform!.split("/").slice(1).join("-")}` : "";
    const image = `localhost/tenon-${name}:${tag}${suffix}`;
    run(builder, makeBuildArguments(builder, { ...rest, target: name, image, platform }), { cwd: root });
    const { size, layer } = inspectImage(builder, image);
    stdout.write(`${image}  ${size}  ${layer}\n`);
    if (!archive) continue;
    const file = join(cache, `${name}${suffix}.tar`);
    // Builders add to an archive that is there, or refuse.
    rmSync(file, { force: true });
    archiveImage(builder, image, file);
    stdout.write(`${file}\n`);
  }
}

async function main(options: ImagesOptions): Promise<void> {
  const source = readSource(root, env);
  mkdirSync(cache, { recursive: true });
  await prepareAll(source);
  if (options.prepareOnly) return;
  const builder = findBuilder(options.builder, log);
  for (const program of programs) build(builder, program, { ...options, ...source });
}

try {
  const options = readOptions(argv.slice(2));
  if (options === "help") stdout.write(help);
  else await main(options);
} catch (error) {
  if (!(error instanceof ImagesError)) throw error;
  log(error.message);
  exit(error.code === "bad-options" ? 2 : 1);
}
