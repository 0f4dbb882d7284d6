import { dirname, posix, relative, sep } from "node:path";
import { type Plugin, rolldown } from "rolldown";
import { ImagesError } from "./error.ts";

/** One file that runs without `node_modules`. */
export interface Bundle {
  readonly code: string;
  /** Absolute paths of the files of packages that are in it, each once. */
  readonly packageFiles: readonly string[];
}

/**
 * What packages load if it is there, for speed or colours, and can do without. Left out, whether a tool of ours happens to
 * bring it or not.
 */
const optional: string[] = ["bufferutil", "utf-8-validate", "supports-color"];

/** Its index loads the types of every Kubernetes API; what we use of it are configuration and authentication. */
const withoutSideEffects = /\/node_modules\/@kubernetes\/client-node\//;

/**
 * Bundles a source (a path below `root`) and all that it imports. In the result, `import.meta.url` of every module of ours is
 * what it would be if each lay where it lies below `root`, so that workers and data are found in a folder of the same form.
 */
export async function makeBundle(root: string, entry: string): Promise<Bundle> {
  const bundle = await rolldown({
    input: posix.join(root, entry),
    cwd: root,
    platform: "node",
    external: optional,
    plugins: [keepPlaces(root, entry)],
    treeshake: { moduleSideEffects: (id) => !withoutSideEffects.test(id) },
    checks: { moduleLevelDirective: false },
    onLog(level, { code, message }, tell) {
      if (code === "UNRESOLVED_IMPORT") throw new ImagesError("not-bundled", message);
      if (level === "warn") tell(level, message);
    },
  });
  try {
    const { output } = await bundle.generate({ format: "esm", codeSplitting: false });
    const [{ code, moduleIds }, ...others] = output;
    if (others.length > 0) {
      throw new ImagesError("not-bundled", `It came to ${output.length} files`);
    }
    return { code, packageFiles: moduleIds.filter(isOfPackage) };
  } catch (cause) {
    throw new ImagesError("not-bundled", `Cannot bundle "${entry}": ${(cause as Error).message}`, { cause });
  } finally {
    await bundle.close();
  }
}

function isOfPackage(id: string): boolean {
  return id.includes("/node_modules/");
}

function keepPlaces(root: string, entry: string): Plugin {
  return {
    name: "keep-places",
    transform(code, id) {
      // What begins with a zero is the bundler's own.
      if (isOfPackage(id) || id.startsWith("\0") || !code.includes("import.meta")) return null;
      const file = relative(root, id).split(sep).join("/");
      const other = /\bimport\.meta\.(?!url\b)\w+/.exec(code);
      if (other !== null) {
        throw new ImagesError("not-bundled", `Use import.meta.url in place of ${other[0]} in ${file}`);
      }
      return code.replaceAll(/\bimport\.meta\.url\b/g, placeOf(entry, file));
    },
  };
}

/** An expression: the URL of a source's JavaScript, in the bundle of an entry. */
function placeOf(entry: string, file: string): string {
  const path = posix.relative(dirname(entry), file.replace(/\.ts$/, ".js"));
  return `new URL(${JSON.stringify(path)}, import.meta.url).href`;
}
