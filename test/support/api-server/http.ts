import { Agent } from "undici";
import { ApiServerError } from "./error.ts";
import type { KeyPair } from "./pki.ts";

/** What the API server answered, parsed where it is JSON. */
export interface Answer<T = Json> {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: T;
}

/** An object of the API server, as tests look at it. */
// biome-ignore lint/suspicious/noExplicitAny: tests read deep into objects of every kind
export type Json = any;

/** How a test asks for something. */
export interface Ask {
  readonly body?: unknown;
  /** `application/json` where it is not given. */
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * A plain client for tests, and not the product's: a mistake of that one must not hide itself. Its calls carry the user
 * agent `tenon-test`.
 */
export interface TestClient {
  /** Sends a request and answers whatever came. */
  request(method: string, path: string, ask?: Ask): Promise<Answer>;
  /** The object at `path`; undefined where there is none. */
  get(path: string): Promise<Json | undefined>;
  /** The items of the collection at `path`. */
  list(path: string): Promise<readonly Json[]>;
  /** Posts to a collection. */
  create(path: string, object: object): Promise<Json>;
  /** Server-side apply, forced, as the field manager `test` where no other is named. */
  apply(path: string, object: object, manager?: string): Promise<Json>;
  /** JSON merge patch; a path that ends with `/status` patches the status. */
  patch(path: string, patch: object): Promise<Json>;
  /** Deletes; that it is gone already is no error. */
  delete(path: string): Promise<void>;
  /** Drops the connections. */
  close(): Promise<void>;
}

/** A client with the certificate of a user, or with none. All but `request` reject with the API server's own message where it refuses. */
export function makeTestClient(url: string, options: { readonly ca: string; readonly user?: KeyPair }): TestClient {
  const { ca, user } = options;
  const agent = new Agent({
    connect: user === undefined ? { ca } : { ca, cert: user.certificate, key: user.key },
    connections: 16,
    headersTimeout: 60_000,
  });

  async function request(method: string, path: string, ask: Ask = {}): Promise<Answer> {
    const { statusCode, headers, body } = await agent.request({
      origin: url,
      path,
      method: method as "GET",
      headers: {
        "user-agent": "tenon-test",
        accept: "application/json",
        ...(ask.body === undefined ? {} : { "content-type": ask.contentType ?? "application/json" }),
        ...ask.headers,
      },
      ...(ask.body === undefined ? {} : { body: JSON.stringify(ask.body) }),
    });
    const text = await body.text();
    const isJson = String(headers["content-type"]).includes("json");
    return { status: statusCode, headers, body: isJson && text !== "" ? JSON.parse(text) : text };
  }

  async function expectOk(method: string, path: string, ask: Ask = {}): Promise<Json> {
    const { status, body } = await request(method, path, ask);
    if (status >= 200 && status < 300) return body;
    const why = typeof body === "string" ? body : body.message;
    throw new ApiServerError("refused", `Cannot ${method} ${path}: ${status} ${why}`);
  }

  return {
    request,
    async get(path) {
      const { status, body } = await request("GET", path);
      if (status === 404) return undefined;
      if (status === 200) return body;
      throw new ApiServerError("refused", `Cannot GET ${path}: ${status} ${JSON.stringify(body)}`);
    },
    list: async (path) => (await expectOk("GET", path)).items,
    create: (path, object) => expectOk("POST", path, { body: object }),
    apply: (path, object, manager = "test") =>
      expectOk("PATCH", `${path}?fieldManager=${manager}&force=true&fieldValidation=Strict`, {
        body: object,
        contentType: "application/apply-patch+yaml",
      }),
    patch: (path, patch) => expectOk("PATCH", path, { body: patch, contentType: "application/merge-patch+json" }),
    async delete(path) {
      const { status, body } = await request("DELETE", path);
      if (status >= 300 && status !== 404)
        throw new ApiServerError("refused", `Cannot DELETE ${path}: ${status} ${JSON.stringify(body)}`);
    },
    close: () => agent.close(),
  };
}
