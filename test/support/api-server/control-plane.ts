import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Agent } from "undici";
import type { KubeAssets } from "./assets.ts";
import { auditPolicy } from "./audit.ts";
import { ApiServerError } from "./error.ts";
import { type Authority, type KeyPair, makeAuthority, makeTokenKey } from "./pki.ts";
import { freePort } from "./ports.ts";
import { type Guarded, startGuarded } from "./process.ts";
import { waitFor } from "./wait.ts";

const readyMs = 60_000;

/** A program that is up, and the port that it serves. */
export interface Served {
  readonly process: Guarded;
  readonly port: number;
}

/** Starts etcd on a free port of loopback, with its data in `folder`. Nothing is synced to the disk: no test survives a crash. */
export async function startEtcd(assets: KubeAssets, folder: string): Promise<Served> {
  return onFreePort("etcd", async (port) => {
    const url = `http://127.0.0.1:${port}`;
    const process = startGuarded(
      assets.etcd,
      [
        `--data-dir=${join(folder, "etcd")}`,
        `--listen-client-urls=${url}`,
        `--advertise-client-urls=${url}`,
        "--listen-peer-urls=http://127.0.0.1:0",
        "--unsafe-no-fsync",
        "--log-level=warn",
      ],
      { log: join(folder, "etcd.log") },
    );
    await untilReady("etcd", process, async () => (await fetch(`${url}/readyz`)).ok);
    return process;
  });
}

/** What the API server needs on disk. All paths are inside `folder`. */
export interface ApiServerFiles {
  readonly folder: string;
  readonly ca: string;
  readonly auditLog: string;
  readonly tokenKey: string;
  /** With this certificate a proxy may say who its client is. */
  readonly frontProxy: KeyPair;
}

/** Writes the keys, certificates and the audit policy. */
export async function writeApiServerFiles(folder: string, authority: Authority): Promise<ApiServerFiles> {
  const proxies = await makeAuthority("tenon-test-proxies");
  const [server, token, frontProxy] = await Promise.all([
    authority.issueServer(["localhost", "127.0.0.1"]),
    makeTokenKey(),
    proxies.issueClient("front-proxy"),
  ]);
  const files = {
    "ca.crt": authority.certificate,
    "server.crt": server.certificate,
    "server.key": server.key,
    "token.key": token.privateKey,
    "token.pub": token.publicKey,
    "proxies.crt": proxies.certificate,
    "audit-policy.json": JSON.stringify(auditPolicy),
  };
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(folder, name), text, { mode: 0o600 })));
  const at = (name: string) => join(folder, name);
  return { folder, ca: authority.certificate, auditLog: at("audit.log"), tokenKey: at("token.key"), frontProxy };
}

/** Starts kube-apiserver on `port`, or on a free one, and waits until it says that it is ready. */
export async function startKubeApiServer(
  assets: KubeAssets,
  options: {
    readonly files: ApiServerFiles;
    readonly etcdPort: number;
    readonly admin: KeyPair;
    readonly flags: readonly string[];
    readonly port?: number;
  },
): Promise<Served> {
  const { files, etcdPort, admin, flags, port: wanted } = options;
  const start = async (port: number): Promise<Guarded> => {
    const process = startGuarded(assets.apiServer, [...apiServerFlags(files, etcdPort, port), ...flags], {
      log: join(files.folder, "kube-apiserver.log"),
    });
    const agent = new Agent({ connect: { ca: files.ca, cert: admin.certificate, key: admin.key } });
    try {
      await untilReady("kube-apiserver", process, async () => {
        const { statusCode, body } = await agent.request({
          origin: `https://127.0.0.1:${port}`,
          path: "/readyz",
          method: "GET",
        });
        await body.dump();
        return statusCode === 200;
      });
    } finally {
      await agent.destroy();
    }
    return process;
  };
  if (wanted !== undefined) return { process: await start(wanted), port: wanted };
  return onFreePort("kube-apiserver", start);
}

function apiServerFlags({ folder, auditLog }: ApiServerFiles, etcdPort: number, port: number): readonly string[] {
  const at = (name: string) => join(folder, name);
  return [
    "--bind-address=127.0.0.1",
    // Endpoints of the `kubernetes` Service must not be loopback; nothing connects to this one (RFC 5737).
    "--advertise-address=192.0.2.1",
    `--secure-port=${port}`,
    `--etcd-servers=http://127.0.0.1:${etcdPort}`,
    `--client-ca-file=${at("ca.crt")}`,
    `--tls-cert-file=${at("server.crt")}`,
    `--tls-private-key-file=${at("server.key")}`,
    `--requestheader-client-ca-file=${at("proxies.crt")}`,
    "--requestheader-allowed-names=front-proxy",
    "--requestheader-username-headers=X-Remote-User",
    "--requestheader-group-headers=X-Remote-Group",
    "--requestheader-extra-headers-prefix=X-Remote-Extra-",
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-account-key-file=${at("token.pub")}`,
    `--service-account-signing-key-file=${at("token.key")}`,
    "--authorization-mode=RBAC",
    "--service-cluster-ip-range=10.96.0.0/16",
    "--allow-privileged=true",
    `--audit-policy-file=${at("audit-policy.json")}`,
    `--audit-log-path=${auditLog}`,
    // One file without end: a log that is rotated loses its first requests.
    "--audit-log-maxsize=4096",
    "--profiling=false",
  ];
}

/** Tries a few ports: somebody may take the one that was free. */
async function onFreePort(name: string, start: (port: number) => Promise<Guarded>): Promise<Served> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    try {
      return { process: await start(port), port };
    } catch (error) {
      const taken = error instanceof ApiServerError && /address already in use/.test(error.message);
      if (!taken || attempt === 5)
        throw new ApiServerError("start", `Cannot start ${name}: ${(error as Error).message}`, { cause: error });
    }
  }
}

/** Asks until it is ready. Rejects with the end of its log when it ended, or took too long; then it is stopped too. */
async function untilReady(name: string, process: Guarded, ready: () => Promise<boolean>): Promise<void> {
  const tail = () => process.output().trim().split("\n").slice(-10).join("\n");
  try {
    await waitFor(
      `${name} to be ready`,
      async () => {
        if (!process.running()) return "ended";
        return (await ready()) && "ready";
      },
      { timeoutMs: readyMs },
    );
  } catch (error) {
    await process.stop("SIGKILL");
    throw new ApiServerError("start", `${(error as Error).message}:\n${tail()}`, { cause: error });
  }
  if (!process.running()) throw new ApiServerError("start", `${name} ended with ${await process.ended}:\n${tail()}`);
}
