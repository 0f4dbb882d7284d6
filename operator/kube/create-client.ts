import { fieldManager } from "../../api/names.ts";
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import type { CallOptions, KubeClient, Page, Selection, WatchEvent } from "./client.ts";
import { CredentialSource } from "./credentials.ts";
import { KubeError } from "./error.ts";
import { Gate } from "./gate.ts";
import { callTimeoutMs, listTimeoutMs, maxListBytes, maxObjectBytes, watchSlackMs } from "./limits.ts";
import { readLines } from "./lines.ts";
import type { KubeObject, ObjectRef, Resource } from "./object.ts";
import { pathOf, queryOf, type Target } from "./path.ts";
import { readEvent, readPage } from "./read-listed.ts";
import { saysObjectIsMissing, saysPatchDoesNotFit, translateAnswer } from "./translate.ts";
import { type Answer, type Request, type Sent, Transport } from "./transport.ts";

/** What a client is made of. */
export interface KubeClientOptions {
  /** A kubeconfig file; undefined: the pod's ServiceAccount, else what kubectl would use. */
  readonly kubeconfig?: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
  /** Goes into the User-Agent: `tenon-operator/VERSION`. */
  readonly version?: string;
  /** Called once a request, for the metrics; must not throw. */
  readonly onRequest?: (sent: Sent) => void;
}

const json = "application/json";
const mergePatchJson = "application/merge-patch+json";
const jsonPatch = "application/json-patch+json";
const applyPatch = "application/apply-patch+yaml";
const metadata = (kind: "PartialObjectMetadata" | "PartialObjectMetadataList"): string =>
  `application/json;as=${kind};g=meta.k8s.io;v=v1`;

/** A client of the API server. Throws `config` where there is no usable kubeconfig; nothing is sent before the first call. */
export function createKubeClient(options: KubeClientOptions): KubeClient {
  const { kubeconfig, clock, log, version, onRequest } = options;
  const credentials = new CredentialSource({ kubeconfig, clock });
  const userAgent = version === undefined ? "tenon-operator" : `tenon-operator/${version}`;
  log.debug("Made a client of the API server", { kubeconfig });
  return new Client(new Transport({ credentials, clock, userAgent, onRequest }), clock);
}

/** What a call of one object differs in. */
interface Call extends CallOptions, Target {
  readonly verb: string;
  readonly method: Request["method"];
  readonly resource: Resource;
  readonly query?: string;
  readonly body?: Request["body"];
}

/** A list is large as long as it is text: those of all kinds at once, at the start, would be most of the memory. */
const listsAtOnce = 1;
/** After this long the next one begins all the same: a server that hangs over one kind holds up no other for longer. */
const listHoldsMs = 5_000;

class Client implements KubeClient {
  readonly #transport: Transport;
  readonly #lists: Gate;

  constructor(transport: Transport, clock: Clock) {
    this.#transport = transport;
    this.#lists = new Gate(listsAtOnce, { clock, holdMs: listHoldsMs });
  }

  async get<T extends KubeObject>(ref: ObjectRef, { signal }: CallOptions = {}): Promise<T | undefined> {
    const call: Call = { ...ref, verb: "get", method: "GET", signal };
    const answer = await this.#send(call);
    if (saysObjectIsMissing(answer, ref.name)) return undefined;
    return readObject<T>(call, answer);
  }

  async apply<T extends KubeObject>(
    resource: Resource,
    object: KubeObject,
    { signal, force }: CallOptions & { readonly force: boolean },
  ): Promise<T> {
    // Strict: a field that the server does not know would be dropped, and then differ from what is wanted for ever.
    const query = queryOf({ fieldManager, force, fieldValidation: "Strict" });
    const body = { type: applyPatch, value: object };
    return this.#call<T>({ verb: "apply", method: "PATCH", resource, ...named(object), query, body, signal });
  }

  async applyStatus<T extends KubeObject>(
    resource: Resource,
    object: KubeObject & { readonly status?: unknown },
    { signal }: CallOptions = {},
  ): Promise<T> {
    const { uid } = object.metadata;
    // Not an apply: to that, the API server takes the uid of another object under `/status`, and ignores it.
    const test = uid === undefined ? [] : [{ op: "test", path: "/metadata/uid", value: uid }];
    const value = [...test, { op: "add", path: "/status", value: object.status ?? {} }];
    const query = queryOf({ fieldManager, fieldValidation: "Strict" });
    const body = { type: jsonPatch, value };
    const target = { ...named(object), subresource: "status" } as const;
    const call: Call = { verb: "write the status of", method: "PATCH", resource, ...target, query, body, signal };
    const answer = await this.#send(call);
    if (uid !== undefined && saysPatchDoesNotFit(answer))
      throw new KubeError("conflict", `${whatOf(call)}: it is another object now`, { status: answer.status });
    return readObject<T>(call, answer);
  }

  async create<T extends KubeObject>(
    resource: Resource,
    object: object,
    { signal, namespace }: CallOptions & { readonly namespace?: string } = {},
  ): Promise<T> {
    const body = { type: json, value: object };
    const query = queryOf({ fieldManager, fieldValidation: "Strict" });
    return this.#call<T>({ verb: "create", method: "POST", resource, namespace, query, body, signal });
  }

  async replace<T extends KubeObject>(
    resource: Resource,
    object: KubeObject,
    { signal }: CallOptions = {},
  ): Promise<T> {
    const body = { type: json, value: object };
    const query = queryOf({ fieldManager, fieldValidation: "Strict" });
    return this.#call<T>({ verb: "replace", method: "PUT", resource, ...named(object), query, body, signal });
  }

  async mergePatch<T extends KubeObject>(ref: ObjectRef, patch: object, { signal }: CallOptions = {}): Promise<T> {
    const body = { type: mergePatchJson, value: patch };
    const query = queryOf({ fieldManager, fieldValidation: "Strict" });
    return this.#call<T>({ ...ref, verb: "patch", method: "PATCH", query, body, signal });
  }

  async delete(ref: ObjectRef, { signal, uid }: CallOptions & { readonly uid: string }): Promise<void> {
    const options = {
      apiVersion: "v1",
      kind: "DeleteOptions",
      propagationPolicy: "Background",
      preconditions: { uid },
    };
    const call: Call = { ...ref, verb: "delete", method: "DELETE", body: { type: json, value: options }, signal };
    const answer = await this.#send(call);
    if (saysObjectIsMissing(answer, ref.name)) return;
    // The only precondition is the uid: the object is another one.
    if (answer.status === 409 && /precondition/i.test(messageOf(answer))) return;
    if (answer.status >= 300) throw translateAnswer(whatOf(call), answer);
  }

  async list(
    selection: Selection,
    options: CallOptions & {
      readonly limit?: number;
      readonly next?: string | undefined;
      readonly resourceVersion?: string | undefined;
    } = {},
  ): Promise<Page> {
    const { limit, next, resourceVersion, signal } = options;
    const what = `Cannot list ${selection.resource.plural}`;
    const { labelSelector } = selection;
    return this.#lists.run(signal, async () => {
      const answer = await this.#transport.send({
        ...{ what, method: "GET", resource: selection.resource.plural, signal },
        path:
          pathOf(selection.resource, selection) + queryOf({ labelSelector, limit, continue: next, resourceVersion }),
        accept: selection.metadataOnly ? metadata("PartialObjectMetadataList") : json,
        ...{ timeoutMs: listTimeoutMs, maxBytes: maxListBytes },
      });
      if (answer.status !== 200) throw translateAnswer(what, answer);
      return readPage(what, selection, answer.body);
    });
  }

  async *watch(
    selection: Selection,
    options: CallOptions & {
      readonly resourceVersion: string;
      readonly timeoutSeconds: number;
      readonly onOpen?: () => void;
    },
  ): AsyncGenerator<WatchEvent> {
    const { resourceVersion, timeoutSeconds, onOpen, signal } = options;
    const what = `Cannot watch ${selection.resource.plural}`;
    const query = { watch: true, allowWatchBookmarks: true, resourceVersion, timeoutSeconds };
    const chunks = this.#transport.stream(
      {
        ...{ what, method: "GET", resource: selection.resource.plural, signal },
        path: pathOf(selection.resource, selection) + queryOf({ labelSelector: selection.labelSelector, ...query }),
        accept: selection.metadataOnly ? metadata("PartialObjectMetadata") : json,
        ...{ timeoutMs: timeoutSeconds * 1000 + watchSlackMs, maxBytes: maxObjectBytes },
      },
      { refused: (answer) => translateAnswer(what, answer), onOpen },
    );
    const tooLong = (): Error => new KubeError("too-large", `${what}: an event has more than ${maxObjectBytes} bytes`);
    for await (const line of readLines(chunks, { longest: maxObjectBytes, tooLong })) {
      const event = readEvent(what, selection, line);
      if (event !== undefined) yield event;
    }
  }

  async close(): Promise<void> {
    await this.#transport.close();
  }

  async #call<T extends KubeObject>(call: Call): Promise<T> {
    return readObject<T>(call, await this.#send(call));
  }

  #send(call: Call): Promise<Answer> {
    const { method, resource, subresource, query = "", body, signal } = call;
    return this.#transport.send({
      ...{ what: whatOf(call), method, body, signal, timeoutMs: callTimeoutMs, maxBytes: maxObjectBytes },
      resource: subresource === undefined ? resource.plural : `${resource.plural}/${subresource}`,
      path: pathOf(resource, call) + query,
    });
  }
}

function named({ metadata: { namespace, name } }: KubeObject): { namespace: string | undefined; name: string } {
  return { namespace, name };
}

function whatOf({ verb, resource, name }: Call): string {
  return `Cannot ${verb} ${resource.kind}${name === undefined ? "" : ` "${name}"`}`;
}

function messageOf({ body }: Answer): string {
  return String((body as { message?: unknown } | null)?.message);
}

function readObject<T extends KubeObject>(call: Call, answer: Answer): T {
  if (answer.status >= 300) throw translateAnswer(whatOf(call), answer);
  const object = answer.body as { kind?: unknown; metadata?: unknown } | null;
  if (typeof object?.kind !== "string" || typeof object.metadata !== "object" || object.metadata === null)
    throw new KubeError("unavailable", `${whatOf(call)}: the answer is no object of the API`, {
      status: answer.status,
    });
  return object as unknown as T;
}
