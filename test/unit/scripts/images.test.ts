import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join, posix, resolve } from "node:path";
import { execPath } from "node:process";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "@jest/globals";
import { type Build, findBuilder, makeBuildArguments } from "../../../scripts/images/builder.ts";
import type { Bundle } from "../../../scripts/images/bundle.ts";
import { readCrates } from "../../../scripts/images/crates.ts";
import { readOptions, readSource } from "../../../scripts/images/options.ts";
import { findPackages, makeNotices, type Package } from "../../../scripts/images/packages.ts";
import type { Prepared, PrepareOptions } from "../../../scripts/images/prepare.ts";
import { type Program, programs } from "../../../scripts/images/programs.ts";
import { type Sbom, selectSbom } from "../../../scripts/images/sbom.ts";
import { withFolder } from "../../support/local/folder.ts";

const root = resolve(import.meta.dirname, "../../..");
const epoch = 1_700_000_000;
const programOf = (name: string): Program => programs.find((program) => program.name === name)!;

/** Calls a function of scripts/images in a Node of its own: the bundler's native code does not know the objects of jest. */
function call<T>(file: string, name: string, args: readonly unknown[]): Promise<T> {
  const module = pathToFileURL(join(root, "scripts/images", file)).href;
  const code = `import { ${name} } from ${JSON.stringify(module)};
    console.log(JSON.stringify(await ${name}(...${JSON.stringify(args)})));`;
  const { NODE_OPTIONS: _, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(execPath, ["--input-type=module"], {
    input: code,
    encoding: "utf8",
    env,
  });
  return status === 0 ? Promise.resolve(JSON.parse(stdout)) : Promise.reject(new Error(stderr));
}
const makeBundle = (folder: string, entry: string) => call<Bundle>("bundle.ts", "makeBundle", [folder, entry]);
const prepare = (program: Program, options: PrepareOptions) =>
  call<Prepared>("prepare.ts", "prepare", [program, options]);

/** Runs a file with Node's permission to read its own folder only: there is no other module to be found. */
function start(folder: string, file: string, ...args: readonly string[]) {
  const flags = ["--permission", `--allow-fs-read=${folder}`, "--allow-worker", "--allow-child-process", "--allow-net"];
  const { NODE_OPTIONS: _, ...env } = process.env;
  const options = { cwd: folder, encoding: "utf8", env: { ...env, NODE_NO_WARNINGS: "1" } } as const;
  return spawnSync(execPath, [...flags, join(folder, file), ...args], options);
}

describe("makeBundle()", () => {
  const sources = {
    "app/main.ts": `import { word } from "word"; import { data } from "../lib/deep/data.ts"; console.log(word, data() as string);`,
    "lib/deep/data.ts": `import { readFileSync } from "node:fs"; export const data = () => readFileSync(new URL("../data.txt", import.meta.url), "utf8");`,
    "lib/data.txt": "data",
    "app/wrong.ts": `console.log(import.meta.dirname);`,
    "node_modules/word/package.json": `{ "name": "word", "version": "1.2.3", "license": "MIT", "main": "index.js" }`,
    "node_modules/word/LICENSE": "Take it",
    "node_modules/word/index.js": `try { require("bufferutil"); } catch { exports.word = "alone"; }`,
    "node_modules/bufferutil/package.json": `{ "name": "bufferutil", "version": "1.0.0" }`,
    "node_modules/bufferutil/index.js": `throw new Error("not left out");`,
  };

  test(
    "makes one file that finds what lies beside its modules, without node_modules",
    () =>
      withFolder(sources, async (folder) => {
        const { code, packageFiles } = await makeBundle(folder, "app/main.ts");
        expect(packageFiles).toEqual([join(folder, "node_modules/word/index.js")]);
        await withFolder(
          { "app/main.js": code, "lib/data.txt": "moved", "package.json": `{ "type": "module" }` },
          (to) => {
            expect(start(to, "app/main.js")).toMatchObject({ stdout: "alone moved\n", status: 0 });
            return Promise.resolve();
          },
        );
      }),
    60_000,
  );

  test(
    "refuses a module that asks for its place in another way",
    () =>
      withFolder(sources, async (folder) => {
        await expect(makeBundle(folder, "app/wrong.ts")).rejects.toThrow(
          "Use import.meta.url in place of import.meta.dirname in app/wrong.ts",
        );
      }),
    60_000,
  );

  test(
    "refuses an import that is not there, and does not leave it to the start",
    () =>
      withFolder({ "app/main.ts": `import "absent-package";` }, async (folder) => {
        await expect(makeBundle(folder, "app/main.ts")).rejects.toThrow("absent-package");
      }),
    60_000,
  );
});

describe("prepare()", () => {
  const read = async (folder: string): Promise<Record<string, string>> => {
    const files = globSync("**/*.*", { cwd: folder }).sort();
    return Object.fromEntries(
      await Promise.all(files.map(async (file) => [file, await readFile(join(folder, file), "latin1")])),
    );
  };

  test(
    "writes the runner as files that start alone, the same ones each time",
    () =>
      withFolder({ "first/stale.js": "" }, async (folder) => {
        const [first, second] = [join(folder, "first"), join(folder, "second")];
        const { packages } = await prepare(programOf("runner"), { root, folder: first, epoch });
        await prepare(programOf("runner"), { root, folder: second, epoch });
        const files = await read(first);
        expect(await read(second)).toEqual(files);
        expect(Object.keys(files)).toEqual([
          "package.json",
          "runner/command.js",
          "runner/main.js",
          "runner/watchdog-thread.js",
          "runner/worker.js",
        ]);
        expect(packages.map(({ name }) => name)).toContain("prom-client");
        const started = start(first, "runner/main.js", "--config", join(first, "none.json"));
        expect([started.status, JSON.parse(started.stdout).message]).toEqual([
          2,
          expect.stringContaining("Cannot read the configuration"),
        ]);
      }),
    60_000,
  );

  test(
    "writes the operator with its composer, readable by everybody, at one time",
    () =>
      withFolder({}, async (folder) => {
        const { packages, bytes } = await prepare(programOf("operator"), { root, folder, epoch });
        const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
        expect(start(folder, "operator/main.js", "--version")).toMatchObject({ stdout: `${version}\n`, status: 0 });
        expect(bytes).toBeGreaterThan((await stat(join(root, "composer/composer.wasm"))).size);
        for (const file of [
          "",
          "operator",
          "operator/main.js",
          "composer/worker.js",
          "composer/composer.wasm",
          "LICENSE",
        ]) {
          const { mode, mtimeMs } = await stat(join(folder, file));
          expect([file, mode & 0o777, mtimeMs]).toEqual([
            file,
            file.includes(".") || file === "LICENSE" ? 0o644 : 0o755,
            epoch * 1000,
          ]);
        }
        const notices = await readFile(join(folder, "NOTICES"), "utf8");
        expect(packages.filter(({ name, version }) => !notices.includes(`${name} ${version}: `))).toEqual([]);
      }),
    60_000,
  );

  test(
    "writes a composer that starts from its thread's file",
    () =>
      withFolder({ "try.mjs": tryComposer }, async (folder) => {
        const only: Program = { ...programOf("operator"), entries: ["composer/worker.ts"] };
        await prepare(only, { root, folder: join(folder, "image"), epoch });
        const { stdout, status } = start(folder, "try.mjs");
        expect([status, JSON.parse(JSON.parse(stdout).result)]).toEqual([
          0,
          expect.objectContaining({ imports: [], exports: [] }),
        ]);
      }),
    60_000,
  );
});

/** Asks the worker what an empty component imports and exports. */
const tryComposer = `
import { Worker } from "node:worker_threads";
const file = new URL("./image/composer/worker.js", import.meta.url);
const worker = new Worker(file, { workerData: { memoryBytes: 64 * 1024 * 1024 }, execArgv: [], env: {} });
worker.once("message", (answer) => { console.log(JSON.stringify(answer)); worker.terminate(); });
worker.postMessage({ stage: "inspect", bytes: Uint8Array.of(0, 97, 115, 109, 13, 0, 1, 0) });
`;

test("programs name every file that a source starts or reads beside itself", async () => {
  const named: string[] = [];
  for (const file of globSync("{api,composer,operator,runner,wiring}/**/*.ts", { cwd: root })) {
    const text = await readFile(join(root, file), "utf8");
    if (!text.includes("import.meta.url")) continue;
    const siblings = [...text.matchAll(/sibling\(import\.meta\.url, "([\w-]+)"\)/g)].map(([, name]) => `${name}.ts`);
    const paths = [...text.matchAll(/(?<!from |import\()"(\.[\w./-]+\.(?:ts|wasm))"/g)].map(([, path]) => path!);
    for (const path of [...siblings, ...paths]) named.push(posix.join(posix.dirname(file), path));
  }
  expect(named).toEqual(expect.arrayContaining(["runner/worker.ts", "composer/worker.ts", "composer/composer.wasm"]));
  const known = programs.flatMap(({ entries, data }) => [...entries, ...data]);
  expect(named.filter((file) => !known.includes(file))).toEqual([]);
});

describe("findPackages()", () => {
  test("takes the innermost package of each file, each version once", () =>
    withFolder(
      {
        "node_modules/b/package.json": `{ "name": "b", "version": "1.0.0", "license": "MIT" }`,
        "node_modules/b/LICENSE.md": "Notice of b",
        "node_modules/b/node_modules/@s/a/package.json": `{ "name": "@s/a", "version": "2.0.0", "license": { "type": "ISC" } }`,
      },
      async (folder) => {
        const files = ["b/index.js", "b/lib/x.js", "b/node_modules/@s/a/lib/y.js"].map((file) =>
          join(folder, "node_modules", file),
        );
        const packages = findPackages([...files, join(folder, "own.js")]);
        expect(packages).toEqual([
          { name: "@s/a", version: "2.0.0", license: "see below", notices: [] },
          { name: "b", version: "1.0.0", license: "MIT", notices: ["Notice of b"] },
        ]);
        expect(makeNotices(packages)).toMatch(/@s\/a 2\.0\.0: see below\n[\s\S]*b 1\.0\.0: MIT\n\nNotice of b/);
      },
    ));
});

describe("selectSbom()", () => {
  const component = (name: string, version = "1.0.0") => ({ "bom-ref": `${name}@${version}`, name, version });
  const packageOf = (name: string, version = "1.0.0"): Package => ({ name, version, license: "MIT", notices: [] });
  const whole: Sbom = {
    serialNumber: "urn:uuid:by-chance",
    metadata: { timestamp: "now", component: component("folder") },
    components: [component("a"), component("a", "2.0.0"), component("b"), component("tool")],
    dependencies: [
      { ref: "folder@1.0.0", dependsOn: ["a@1.0.0", "tool@1.0.0"] },
      { ref: "a@1.0.0", dependsOn: ["b@1.0.0"] },
      { ref: "tool@1.0.0", dependsOn: ["b@1.0.0"] },
      { ref: "b@1.0.0" },
    ],
  };
  const selection = { image: "tenon-runner", packages: [packageOf("a"), packageOf("b")], others: [], epoch };

  test("keeps the packages of the image and the edges between them, and nothing made by chance or by the clock", () => {
    expect(selectSbom(whole, selection)).toEqual({
      metadata: { timestamp: "2023-11-14T22:13:20.000Z", component: { ...component("folder"), name: "tenon-runner" } },
      components: [component("a"), component("b")],
      dependencies: [
        { ref: "folder@1.0.0", dependsOn: ["a@1.0.0"] },
        { ref: "a@1.0.0", dependsOn: ["b@1.0.0"] },
        { ref: "b@1.0.0", dependsOn: [] },
      ],
    });
  });

  test("adds what npm knows nothing of", () => {
    const crate = component("wit");
    expect(selectSbom(whole, { ...selection, others: [crate] }).components.at(-1)).toEqual(crate);
  });

  test("refuses a package that the lock file has in another version only", () => {
    expect(() => selectSbom(whole, { ...selection, packages: [packageOf("b", "3.0.0")] })).toThrow(
      `Cannot list "b@3.0.0": package-lock.json lacks it; run npm ci`,
    );
  });
});

describe("readCrates()", () => {
  test("has every crate of the composer that comes from a registry", async () => {
    const lock = await readFile(join(root, "composer/Cargo.lock"), "utf8");
    const crates = readCrates(lock);
    expect(crates).toHaveLength(lock.match(/^checksum = /gm)!.length);
    expect(crates.map(({ name }) => name)).toEqual(expect.arrayContaining(["wasmparser", "anyhow"]));
    expect(crates.every(({ purl, name, version }) => purl === `pkg:cargo/${name}@${version}`)).toBe(true);
  });
});

describe("makeBuildArguments()", () => {
  const build: Build = {
    target: "runner",
    image: "localhost/tenon-runner:dev",
    nodeImage: undefined,
    platform: undefined,
    epoch,
    version: "0.1.0",
    revision: "abc",
  };

  test("dates the image and its files by the epoch with buildah", () => {
    expect(makeBuildArguments("buildah", build).join(" ")).toBe(
      "bud --quiet --isolation chroot --timestamp 1700000000 --identity-label=false --build-arg VERSION=0.1.0 " +
        "--build-arg REVISION=abc --build-arg CREATED=2023-11-14T22:13:20Z --target runner --tag localhost/tenon-runner:dev .",
    );
  });

  test("tells docker the epoch in the way that it reads", () => {
    const args = makeBuildArguments("docker", build);
    expect(args.slice(0, 2)).toEqual(["build", "--quiet"]);
    expect(args).toContain("SOURCE_DATE_EPOCH=1700000000");
    expect(args).not.toContain("--timestamp");
  });

  test("names the base and the platform where they are given only", () => {
    const asked = { ...build, nodeImage: "example.com/node:26", platform: "linux/arm64" };
    for (const builder of ["buildah", "docker"] as const) {
      expect(makeBuildArguments(builder, asked).join(" ")).toMatch(
        /--platform linux\/arm64 .*--build-arg NODE_IMAGE=example\.com\/node:26 /,
      );
      expect(makeBuildArguments(builder, build).join(" ")).not.toMatch(/--platform|NODE_IMAGE/);
    }
  });
});

test("findBuilder() refuses a builder that it does not know", () => {
  expect(() => findBuilder("kaniko", () => {})).toThrow("Cannot build with --builder: use buildah or docker: kaniko");
});

describe("readOptions()", () => {
  test("has defaults for everything", () => {
    expect(readOptions([])).toEqual({
      nodeImage: undefined,
      tag: "dev",
      platforms: [],
      builder: undefined,
      archive: false,
      prepareOnly: false,
    });
    expect(readOptions(["--help", "--tag=x"])).toBe("help");
  });

  test("takes each platform once", () => {
    const args = ["linux/amd64", "linux/arm64", "linux/arm64", "linux/arm/v7"].map((name) => `--platform=${name}`);
    expect(readOptions(args)).toMatchObject({ platforms: ["linux/amd64", "linux/arm64", "linux/arm/v7"] });
  });

  test.each([
    [["--tag="], `Cannot use --tag: give letters, digits, "_", "." and "-": `],
    [["--tag=a/b"], `Cannot use --tag: give letters, digits, "_", "." and "-": a/b`],
    [["--tag=-x"], "Cannot use --tag"],
    [["--platform=arm64"], "Cannot use --platform: give linux/amd64 or linux/arm64: arm64"],
    [["--platform=linux/amd64,linux/arm64"], "Cannot use --platform"],
    [["--nodeimage=x"], "Unknown option '--nodeimage'"],
    [["runner"], "Unexpected argument 'runner'"],
  ])("refuses %j", (args, message) => {
    expect(() => readOptions(args)).toThrow(
      expect.objectContaining({ code: "bad-options", message: expect.stringContaining(message) }),
    );
  });
});

describe("readSource()", () => {
  test("takes SOURCE_DATE_EPOCH before the commit, and needs one of them", () =>
    withFolder({ "package.json": `{ "version": "1.2.3" }` }, async (folder) => {
      const source = { version: "1.2.3", revision: "unknown", epoch: 86_400 };
      expect(readSource(folder, { SOURCE_DATE_EPOCH: "86400" })).toEqual(source);
      for (const env of [{}, { SOURCE_DATE_EPOCH: "" }, { SOURCE_DATE_EPOCH: "today" }, { SOURCE_DATE_EPOCH: "-1" }]) {
        expect(() => readSource(folder, env)).toThrow(
          "Cannot date the images: set SOURCE_DATE_EPOCH to seconds since 1970",
        );
      }
    }));

  test(
    "says where files differ from the commit",
    () =>
      withFolder({ "package.json": `{ "version": "1.2.3" }` }, async (folder) => {
        const git = (...args: string[]) => {
          const author = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
          expect(spawnSync("git", [...author, "-C", folder, ...args]).status).toBe(0);
        };
        git("init", "-q");
        git("add", ".");
        git("commit", "-q", "-m", "first", "--date", "@86400 +0000");
        const clean = readSource(folder, {});
        expect(clean.revision).toMatch(/^[0-9a-f]{40}$/);
        expect(Math.abs(clean.epoch - Date.now() / 1000)).toBeLessThan(600);
        await writeFile(join(folder, "more.txt"), "");
        expect(readSource(folder, {}).revision).toBe(`${clean.revision}-dirty`);
      }),
    60_000,
  );
});

describe("Dockerfile", () => {
  const lines = async (file: string) =>
    (await readFile(join(root, file), "utf8")).split("\n").filter((line) => line !== "" && !line.startsWith("#"));

  test("has a target for each program, which starts its first entry from what was prepared", async () => {
    const text = (await lines("Dockerfile")).join("\n");
    for (const { name, entries } of programs) {
      const target = text.split(/^FROM /m).find((part) =>
        part.startsWith(`base AS ${name}
`),
      );
      expect(target).toContain(`COPY .cache/images/context/${name} /opt/tenon`);
      expect(target).toContain(`ENTRYPOINT ["node", "/opt/tenon/${entries[0]!.replace(/ts$/, "js")}"]`);
      // Else a base's own would go to the program as its arguments.
      expect(target).toContain("CMD []");
    }
  });

  test("runs nothing while it is built, and is used by the user that the pods say", async () => {
    const text = await lines("Dockerfile");
    expect(text.filter((line) => /^(RUN|ADD)\b/.test(line))).toEqual([]);
    const pod = await readFile(join(root, "operator/desired/pod.ts"), "utf8");
    const user = /^const user = ([\d_]+);$/m.exec(pod)![1]!.replace("_", "");
    expect(text.filter((line) => line.startsWith("USER"))).toEqual([`USER ${user}:${user}`]);
  });

  test("is given the prepared folders and nothing else of the checkout", async () => {
    expect(await lines(".dockerignore")).toEqual(["*", "!.cache/images/context"]);
  });
});
