import { dirname, resolve } from "node:path";
import { cwd } from "node:process";
import type { Component } from "../../api/component.ts";
import type { Composition } from "../../api/composition.ts";
import type { Located, Place } from "../../api/manifests/finding.ts";
import type { Composer } from "../../composer/index.ts";
import type { WiringSpec } from "../../wiring/spec.ts";
import { componentName, wiringSpec } from "../compose/spec.ts";
import { findFiles } from "./find-files.ts";
import { isClean, makeError, type Remark } from "./remark.ts";
import { loadScript } from "./script.ts";
import { type LoadedComponent, readSource, type SourceReader, type Tables } from "./sources.ts";

/** One composition with all that is needed to decide, compose and run it. */
export interface LoadedComposition {
  /** The manifest, with defaults filled in, and where its fields are. */
  readonly located: Located<Composition>;
  /** What its relative paths are relative to. */
  readonly directory: string;
  readonly spec: WiringSpec;
  /** By the names that `spec` uses. One that could not be read is not here: a remark says why. */
  readonly components: ReadonlyMap<string, LoadedComponent>;
  /** Components that are declared and could not be read: nothing more has to be said about them. */
  readonly missing: ReadonlySet<string>;
}

/** What the paths of a command line declare. */
export interface Workspace {
  readonly compositions: readonly LoadedComposition[];
  /** What the files say wrong; the wiring is not judged here. */
  readonly remarks: readonly Remark[];
  /** Files and folders to watch, absolute; also those that are named and do not exist yet. */
  readonly files: readonly string[];
}

/** What loading needs, and what it may use. */
export interface LoadOptions {
  readonly composer: Composer;
  /** Kept from one load to the next, it saves inspecting what did not change. */
  readonly tables?: Tables;
  readonly signal?: AbortSignal;
  /** The folder of a WAC script's dependencies. */
  readonly deps?: string;
  /** What paths are relative to, in arguments and messages; the working directory where it is not given. */
  readonly cwd?: string;
}

/**
 * Loads manifests, compose files, WAC scripts and folders of them, with the components that they name. It says all that is
 * wrong at once, as remarks; it throws only when it is aborted.
 */
export async function load(paths: readonly string[], options: LoadOptions): Promise<Workspace> {
  const { composer, tables = new Map(), signal, deps } = options;
  const reader: SourceReader = { composer, tables, signal };
  const found = await findFiles(paths, options.cwd ?? cwd());
  const remarks = [...found.remarks];
  const files = new Set(found.files);
  const compositions: LoadedComposition[] = [];

  const declared = new Declared(reader, remarks, files);
  for (const { directory, manifests } of found.manifests) {
    for (const name of manifests.broken) declared.miss(name);
    for (const component of manifests.components) await declared.add(component, directory);
  }
  for (const { directory, manifests } of found.manifests) {
    for (const located of manifests.compositions) compositions.push(await declared.complete(located, directory));
  }
  for (const script of found.scripts) {
    signal?.throwIfAborted();
    const loaded = await loadScript(script, { ...reader, deps });
    if (!("composition" in loaded)) remarks.push(...loaded);
    else {
      for (const { file } of loaded.components) files.add(file);
      const components = new Map(loaded.components.map((component) => [component.name, component]));
      const { composition: located } = loaded;
      compositions.push({
        located,
        directory: dirname(script.path),
        spec: wiringSpec(located.manifest),
        components,
        missing: new Set(),
      });
    }
  }
  remarks.push(...declared.unusedFailures(compositions));
  if (compositions.length === 0 && isClean(remarks)) {
    remarks.push(
      makeError(
        "local",
        { file: paths.join(", ") },
        { message: "Cannot find a composition: there are components only", hint: "Add a manifest of kind Composition" },
      ),
    );
  }
  return { compositions, remarks, files: [...files] };
}

/** The components that manifests declare, read as they are met. */
class Declared {
  readonly #reader: SourceReader;
  readonly #remarks: Remark[];
  readonly #files: Set<string>;
  readonly #components = new Map<string, LoadedComponent>();
  readonly #missing = new Set<string>();
  readonly #places = new Map<string, Place>();

  constructor(reader: SourceReader, remarks: Remark[], files: Set<string>) {
    this.#reader = reader;
    this.#remarks = remarks;
    this.#files = files;
  }

  /** Notes a component that is declared with mistakes. */
  miss(name: string): void {
    this.#missing.add(name);
  }

  async add({ manifest, locate }: Located<Component>, directory: string): Promise<void> {
    const { name } = manifest.metadata;
    const before = this.#places.get(name);
    if (before !== undefined) {
      const message = `Already declared in ${before.file}${before.line === undefined ? "" : `:${before.line}`}: Component "${name}"`;
      this.#remarks.push(
        makeError("manifest", locate("metadata.name"), { message, hint: "Give one of them another name" }),
      );
      return;
    }
    this.#places.set(name, locate("metadata.name"));
    const read = await this.#read(manifest.spec.source, { name, directory, field: "spec.source", locate });
    if (read !== undefined) this.#components.set(name, read);
    else this.#missing.add(name);
  }

  /** Adds the components that instances declare in place. */
  async complete(located: Located<Composition>, directory: string): Promise<LoadedComposition> {
    const components = new Map(this.#components);
    const missing = new Set(this.#missing);
    for (const [index, { component }] of located.manifest.spec.instances.entries()) {
      if (component.source === undefined) continue;
      const name = componentName(component);
      if (components.has(name) || missing.has(name)) continue;
      const field = `spec.instances[${index}].component.source`;
      const read = await this.#read(component.source, { name, directory, field, locate: located.locate });
      if (read !== undefined) components.set(name, read);
      else missing.add(name);
    }
    return { located, directory, spec: wiringSpec(located.manifest), components, missing };
  }

  /** Binaries that are no components and that no instance names; the wiring tells of the others. */
  unusedFailures(compositions: readonly LoadedComposition[]): Remark[] {
    const used = new Set(compositions.flatMap(({ spec }) => spec.instances.map(({ component }) => component)));
    return [...this.#components.values()].flatMap(({ name, failure }) => {
      if (failure === undefined || used.has(name)) return [];
      return [
        makeError("invalid-component", this.#places.get(name)!, {
          message: `Cannot read component "${name}": ${failure.message}`,
        }),
      ];
    });
  }

  async #read(
    ...[source, at]: [Parameters<typeof readSource>[0], Parameters<typeof readSource>[1]]
  ): Promise<LoadedComponent | undefined> {
    this.#reader.signal?.throwIfAborted();
    const read = await readSource(source, at, this.#reader);
    if ("digest" in read) {
      this.#files.add(read.file);
      return read;
    }
    if (source.file !== undefined) this.#files.add(resolve(at.directory, source.file.path));
    this.#remarks.push(read);
    return undefined;
  }
}
