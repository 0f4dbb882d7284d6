import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { env } from "node:process";
import { KubeConfig } from "@kubernetes/client-node";
import { parse } from "yaml";
import type { Clock } from "../clock.ts";
import { KubeError } from "./error.ts";
import { printable } from "./translate.ts";

/** How to reach the API server, and as whom, at this moment. */
export interface Credentials {
  readonly server: URL;
  /** `Authorization`, `Impersonate-User`. Never logged. */
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsSettings;
  readonly proxy: string | undefined;
}

/** What a TLS connection depends on: another value needs new connections. */
export interface TlsSettings {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
}

// Tokens and certificates are files that rotate: this is how long an old one may still be used.
const freshMs = 1_000;
const serviceAccountToken = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/**
 * Reads credentials again and again, so that those that rotate are followed, but at most once a second and once at a time. A
 * kubeconfig is loaded by the Kubernetes client library, which also knows client certificates, token files and exec plugins.
 */
export class CredentialSource {
  readonly #clock: Clock;
  readonly #file: string | undefined;
  #config: KubeConfig;
  #read: { readonly at: number; readonly credentials: Promise<Credentials> } | undefined;

  /** Throws `config` where there is no usable kubeconfig. */
  constructor(options: { readonly kubeconfig: string | undefined; readonly clock: Clock }) {
    this.#clock = options.clock;
    this.#file = options.kubeconfig;
    this.#config = loadConfig(this.#file);
  }

  /** Rejects with `config` where a file or a plugin gives none. */
  current(): Promise<Credentials> {
    const now = this.#clock.now();
    if (this.#read === undefined || Math.abs(now - this.#read.at) >= freshMs) {
      const credentials = readCredentials(this.#config);
      const read = { at: now, credentials };
      this.#read = read;
      credentials.catch(() => {
        if (this.#read === read) this.#read = undefined;
      });
    }
    return this.#read.credentials;
  }

  /** The server refused these: everything is loaded anew, unless that has happened since they were read. */
  async refuse(credentials: Credentials): Promise<void> {
    const read = this.#read;
    if (read !== undefined && (await read.credentials.catch(() => credentials)) !== credentials) return;
    if (this.#read !== read) return;
    try {
      // The library keeps a token for a minute, and a plugin's until it expires; a new configuration keeps none.
      this.#config = loadConfig(this.#file);
    } catch {
      // Half written, perhaps: what was loaded before stays, and the next refusal tries again.
    }
    this.#read = undefined;
  }
}

async function readCredentials(config: KubeConfig): Promise<Credentials> {
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new KubeError("config", "Cannot find the current cluster in the kubeconfig");
  const server = readServer(cluster.server);
  if (server.protocol === "http:" && !cluster.skipTLSVerify)
    throw new KubeError("config", "Cannot use a server without TLS: set insecure-skip-tls-verify, or https");
  if (cluster.proxyUrl !== undefined && !/^https?:/.test(cluster.proxyUrl))
    throw new KubeError("config", "Cannot use the proxy-url of the kubeconfig: it is no http(s) URL");
  const options: Parameters<KubeConfig["applyToHTTPSOptions"]>[0] = {};
  try {
    await config.applyToHTTPSOptions(options);
  } catch (error) {
    // Without a cause: what a plugin prints may be a token.
    const { code, path } = error as { code?: unknown; path?: unknown };
    const why = typeof code === "string" ? `${code}${typeof path === "string" ? ` ${path}` : ""}` : "the plugin failed";
    throw new KubeError("config", `Cannot read the credentials for the API server: ${printable(why)}`);
  }
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    // A token file may end with a newline, which no header may have.
    if (value !== undefined) headers[name.toLowerCase()] = String(value).trim();
  }
  if (options.auth) headers["authorization"] ??= `Basic ${Buffer.from(options.auth).toString("base64")}`;
  const { ca, cert, key, servername, rejectUnauthorized } = options;
  return {
    server,
    headers,
    proxy: cluster.proxyUrl,
    tls: {
      ...(ca ? { ca: String(ca) } : {}),
      ...(cert ? { cert: String(cert) } : {}),
      ...(key ? { key: String(key) } : {}),
      ...(servername ? { servername } : {}),
      ...(rejectUnauthorized === false ? { rejectUnauthorized } : {}),
    },
  };
}

function readServer(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "https:" || url?.protocol === "http:") return url;
  throw new KubeError(
    "config",
    `Cannot use the server of the kubeconfig, it is no http(s) URL: ${printable(text, 100)}`,
  );
}

/** The file given; else the pod's ServiceAccount; else what kubectl would use. */
function loadConfig(file: string | undefined): KubeConfig {
  if (file !== undefined) return loadFile(file);
  if (env.KUBERNETES_SERVICE_HOST !== undefined && existsSync(serviceAccountToken)) {
    const config = new KubeConfig();
    config.loadFromCluster();
    return config;
  }
  const files = (env.KUBECONFIG ?? "").split(delimiter).filter((each) => each !== "");
  const [first = join(homedir(), ".kube", "config"), ...others] = files;
  const config = loadFile(first);
  for (const other of others) mergeFile(config, other);
  return config;
}

function loadFile(file: string): KubeConfig {
  const config = new KubeConfig();
  try {
    config.loadFromString(JSON.stringify(withTokenFiles(parse(readFileSync(file, "utf8")), dirname(resolve(file)))));
    config.makePathsAbsolute(dirname(resolve(file)));
  } catch (cause) {
    throw new KubeError("config", `Cannot read the kubeconfig: ${printable(file)} (${reasonOf(cause)})`);
  }
  return config;
}

function mergeFile(config: KubeConfig, file: string): void {
  try {
    config.mergeConfig(loadFile(file), true);
  } catch (cause) {
    if (cause instanceof KubeError) throw cause;
    throw new KubeError("config", `Cannot merge the kubeconfig: ${printable(file)} (${reasonOf(cause)})`);
  }
}

function reasonOf(cause: unknown): string {
  const { code, message } = cause as { code?: unknown; message?: unknown };
  // The first line only, and no cause: a YAML error goes on with an excerpt, and that may be a token.
  return printable(typeof code === "string" ? code : String(message).split("\n")[0]!.replace(/:$/, ""), 200);
}

/** The library forgets `tokenFile` of a user; it does know the same under its older name. */
function withTokenFiles(document: unknown, folder: string): unknown {
  const { users } = (document ?? {}) as { users?: unknown };
  for (const each of Array.isArray(users) ? users : []) {
    const user = each?.user as { token?: unknown; tokenFile?: unknown; "auth-provider"?: unknown } | null | undefined;
    if (typeof user?.tokenFile !== "string") continue;
    // As kubectl has it: a token file wins over a token.
    delete user.token;
    user["auth-provider"] = { name: "tokenFile", config: { tokenFile: resolve(folder, user.tokenFile) } };
  }
  return document;
}
