/**
 * What one runner is told, all values at hand: a `RunnerDocument` whose values were read, or what local mode makes. Nothing is
 * granted that is not named here.
 */
export interface RunnerConfig {
  /** The composition's name. */
  readonly composition: string;
  /** A folder with `index.json` and `blobs/<sha256 hex>`. */
  readonly artifact: string;
  /** Where the folder's content comes from, in a pod; without it, it has to be there. */
  readonly fetch?: ArtifactFetch;
  /** `HOST:PORT` for requests, and for `/healthz`, `/readyz`, `/metrics` and `/status`. Port 0 takes a free one. */
  readonly listen: string;
  readonly admin: string;
  /** Needed for `/status` where given. */
  readonly adminToken?: string;
  /** `POST /call/<interface>/<function>` and `/call/openapi.json`. */
  readonly call: boolean;
  readonly isolation: "Instance" | "Request";
  /** Worker processes. */
  readonly processes: number;
  readonly limits: Limits;
  /** By instance name; an instance that is not here has no grants. */
  readonly grants: Readonly<Record<string, Grants>>;
  /** By name. */
  readonly backends: Readonly<Record<string, Backend>>;
}

/**
 * The JSON document in the file that `runner/main.ts --config FILE` names. The operator writes it into a ConfigMap; what
 * comes from ConfigMaps and Secrets is not in it but in files, which `readValues` reads.
 */
export interface RunnerDocument extends Omit<RunnerConfig, "grants"> {
  readonly grants: Readonly<Record<string, GrantsDocument>>;
}

/** Grants, with values in files. */
export interface GrantsDocument extends Omit<Grants, "env"> {
  /** Folders with a file for each key, as the kubelet mounts them. A later one wins; `config` wins over all. */
  readonly configFolders?: readonly string[];
  readonly env?: readonly (
    | { readonly name: string; readonly value: string }
    /** The value is the file's content. Where the file is missing an optional variable is left out. */
    | { readonly name: string; readonly file: string; readonly optional?: boolean }
  )[];
}

/** Where a pod's artifact comes from. */
export interface ArtifactFetch {
  /** `URL/artifacts/DIGEST` is the index, `URL/artifacts/DIGEST/blobs/DIGEST` a blob of it. */
  readonly url: string;
  /** `sha256:…` of the index. */
  readonly digest: string;
  /** Files with the PEM of the server's authority and with the pod's token; both are read again for every attempt. */
  readonly caFile: string;
  readonly tokenFile: string;
}

/** Bounds of one worker process. */
export interface Limits {
  /** Calls at once in one process; also the size of its pool of instances. */
  readonly concurrency: number;
  /** Requests that may wait for an instance; more are refused with 503. */
  readonly queue: number;
  /** Milliseconds that one request may take, or null for no deadline. */
  readonly requestTimeoutMs: number | null;
  /** Bytes that one linear memory may grow to. */
  readonly memoryBytes: number;
  /** Requests after which an instance is replaced, or null. */
  readonly maxRequests: number | null;
  /** Bytes of a request's headers, of its body, and of an outgoing request's response headers. */
  readonly headerBytes: number;
  readonly bodyBytes: number;
  /** Milliseconds that a draining process gives to what is in flight. */
  readonly drainMs: number;
}

/** What one instance may reach. */
export interface Grants {
  readonly http?: {
    /** `https://api.example.com`, `http://*.svc:8080`; `*` alone is every public host. */
    readonly allowedHosts?: readonly string[];
    /** Private and loopback addresses are refused unless a range here names them. */
    readonly allowedCIDRs?: readonly string[];
  };
  /** `path` is a folder of the machine, absolute. */
  readonly filesystem?: readonly { readonly path: string; readonly guestPath: string; readonly readOnly: boolean }[];
  readonly keyvalue?: readonly {
    readonly backend: string;
    readonly bucket: string;
    readonly access: "ReadWrite" | "ReadOnly";
  }[];
  readonly config?: Readonly<Record<string, string>>;
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  readonly args?: readonly string[];
  readonly sockets?: { readonly allowedAddresses: readonly string[] };
  /** The instance may read the process's standard input and write its output unprefixed: `tenon run`. */
  readonly stdio?: "Inherit" | "Log";
}

/** What stands behind the buckets of a backend's name. */
export type Backend =
  | { readonly keyvalue: { readonly memory: Record<string, never> } }
  /** `path` of the database file, absolute. */
  | { readonly keyvalue: { readonly sqlite: { readonly path: string } } };

/** What holds where a Composition says nothing. */
export const defaultLimits: Limits = {
  concurrency: 64,
  queue: 1024,
  requestTimeoutMs: 30_000,
  memoryBytes: 256 * 1024 * 1024,
  maxRequests: null,
  headerBytes: 16 * 1024,
  bodyBytes: 64 * 1024 * 1024,
  drainMs: 10_000,
};
