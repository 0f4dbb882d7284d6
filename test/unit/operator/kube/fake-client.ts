import type { KubeClient, WatchEvent } from "../../../../operator/kube/client.ts";
import { KubeError } from "../../../../operator/kube/error.ts";
import type { KubeObject } from "../../../../operator/kube/object.ts";
import { type Log, type LogFields, makeLog } from "../../../../operator/log.ts";

/** A client of which only `parts` may be called. */
export function fakeClient(parts: Partial<KubeClient>): KubeClient {
  const refuse = (): never => {
    throw new KubeError("unavailable", "This test expects no such call");
  };
  const nothing: KubeClient = {
    get: refuse,
    apply: refuse,
    applyStatus: refuse,
    create: refuse,
    replace: refuse,
    mergePatch: refuse,
    delete: refuse,
    list: refuse,
    watch: refuse,
    close: refuse,
  };
  return { ...nothing, ...parts };
}

/** A watch whose events a test pushes. */
export class Stream implements AsyncIterable<WatchEvent> {
  readonly #events: WatchEvent[] = [];
  #end: { readonly error?: unknown } | undefined;
  #wake: () => void = () => undefined;

  push(...events: WatchEvent[]): void {
    this.#events.push(...events);
    this.#wake();
  }

  end(): void {
    this.#end ??= {};
    this.#wake();
  }

  fail(error: unknown): void {
    this.#end ??= { error };
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<WatchEvent> {
    for (;;) {
      for (let event = this.#events.shift(); event !== undefined; event = this.#events.shift()) yield event;
      if (this.#end !== undefined) {
        if ("error" in this.#end) throw this.#end.error;
        return;
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
  }
}

/** A ConfigMap of this name and version; `more` goes into its metadata. */
export function configMap(name: string, version: number, more: object = {}): KubeObject {
  const metadata = { namespace: "shop", name, uid: `uid-${name}`, resourceVersion: String(version), ...more };
  return { apiVersion: "v1", kind: "ConfigMap", metadata };
}

/** A log that keeps its lines. */
export function keepLog(): { readonly log: Log; readonly lines: (LogFields & { level: string; message: string })[] } {
  const lines: (LogFields & { level: string; message: string })[] = [];
  return { lines, log: makeLog((line) => lines.push(JSON.parse(line)), { level: "debug", now: () => 0 }) };
}
