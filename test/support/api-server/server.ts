import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findAssets, type KubeAssets, neededPrograms } from "./assets.ts";
import { type Audit, readAudit } from "./audit.ts";
import { type Served, startEtcd, startKubeApiServer, writeApiServerFiles } from "./control-plane.ts";
import { startControllers } from "./controllers.ts";
import { installCrds, untilCrdsServe } from "./crds.ts";
import { ApiServerError } from "./error.ts";
import { makeTestClient, type TestClient } from "./http.ts";
import { type Authority, type KeyPair, makeAuthority } from "./pki.ts";
import type { Guarded } from "./process.ts";
import { makeUser, type Rights, type TestUser } from "./users.ts";

/** What a test server is started with. */
export interface ApiServerOptions {
  /** More flags of kube-apiserver; of two equal ones the last counts. */
  readonly flags?: readonly string[];
  /** False: no CustomResourceDefinitions. */
  readonly crds?: boolean;
  /**
   * Controllers that kube-controller-manager runs: `deployment`, `replicaset`, `garbage-collector-controller`… Without it
   * there is none: nothing is collected, and no Deployment makes a pod.
   */
  readonly controllers?: readonly string[];
}

/** etcd and kube-apiserver of one test file, on loopback, with RBAC, an audit log and the CRDs. */
export interface ApiServer {
  /** `https://127.0.0.1:PORT`. */
  readonly url: string;
  readonly port: number;
  /** PEM of the authority that signed its certificate, and signs those of the users. */
  readonly ca: string;
  readonly authority: Authority;
  /** What a proxy shows to say for whom it speaks. */
  readonly frontProxy: KeyPair;
  readonly assets: KubeAssets;
  /** Files of this server; `stop` removes it. Tests may put theirs here. */
  readonly folder: string;
  /** May do anything. */
  readonly admin: TestUser;
  /** As the admin. */
  readonly client: TestClient;
  readonly audit: Audit;
  /** A user with these rights and no others. */
  addUser(name: string, rights: Rights): Promise<TestUser>;
  /** A new namespace with a name of its own, and the `default` ServiceAccount that a controller would make. */
  addNamespace(prefix?: string): Promise<string>;
  /** The same with this name; that it is there is no error. */
  ensureNamespace(name: string): Promise<void>;
  /** Ends this program before the server's own, when the server is stopped. */
  adopt(program: Guarded): void;
  /** Ends kube-apiserver, with this signal, and starts it again: the same etcd, port and keys. */
  restart(signal?: NodeJS.Signals): Promise<void>;
  /** Ends kube-apiserver alone; `restart` brings it back. */
  halt(signal?: NodeJS.Signals): Promise<void>;
  /** What kube-apiserver logged. */
  log(): string;
  /** Ends all programs and removes the folder. May be called twice. */
  stop(): Promise<void>;
}

/** Starts a server; it takes about 3 s. Rejects with `missing` where the programs are not at hand, saying what to do. */
export async function startApiServer(options: ApiServerOptions = {}): Promise<ApiServer> {
  const assets = findAssets(process.env);
  if (assets === undefined) {
    throw new ApiServerError(
      "missing",
      `Cannot start an API server: no ${neededPrograms.join(" and ")}: set KUBEBUILDER_ASSETS to their folder, or run node bin/node.js scripts/kube-assets.ts`,
    );
  }
  const folder = await mkdtemp(join(tmpdir(), "tenon-api-"));
  const started: Guarded[] = [];
  try {
    return await start({ assets, folder, started, options });
  } catch (error) {
    await end(started, folder);
    throw error;
  }
}

async function end(programs: readonly Guarded[], folder: string): Promise<void> {
  await Promise.all(programs.map((program) => program.stop("SIGKILL")));
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

async function start(world: {
  readonly assets: KubeAssets;
  readonly folder: string;
  readonly started: Guarded[];
  readonly options: ApiServerOptions;
}): Promise<ApiServer> {
  const { assets, folder, started, options } = world;
  const authority = await makeAuthority("tenon-test");
  const [etcd, files, credential] = await Promise.all([
    startEtcd(assets, folder),
    writeApiServerFiles(folder, authority),
    authority.issueClient("test-admin", ["system:masters"]),
  ]);
  started.push(etcd.process);

  const run = async (port?: number): Promise<Served> => {
    const served = await startKubeApiServer(assets, {
      files,
      etcdPort: etcd.port,
      admin: credential,
      flags: options.flags ?? [],
      ...(port === undefined ? {} : { port }),
    });
    started.push(served.process);
    return served;
  };
  let current = await run();
  const { port } = current;
  const url = `https://127.0.0.1:${port}`;
  const adopted: Guarded[] = [];
  const client = makeTestClient(url, { ca: authority.certificate, user: credential });
  const addUser = (name: string, rights: Rights) => makeUser(name, rights, { client, authority, url, folder });
  const admin = await addUser("test-admin", { groups: ["system:masters"] });
  if (options.crds !== false) await installCrds(client);
  if (options.controllers !== undefined) {
    started.push(await startControllers(options.controllers, { assets, files, admin }));
  }
  return {
    url,
    port,
    ca: authority.certificate,
    authority,
    frontProxy: files.frontProxy,
    assets,
    folder,
    admin,
    client,
    audit: readAudit(files.auditLog),
    addUser,
    async addNamespace(prefix = "t") {
      const name = `${prefix}-${(namespaces++).toString(36)}`;
      await ensureNamespace(client, name);
      return name;
    },
    ensureNamespace: (name) => ensureNamespace(client, name),
    adopt: (program) => void adopted.push(program),
    async restart(signal) {
      await current.process.stop(signal);
      current = await run(port);
      if (options.crds !== false) await untilCrdsServe(client);
    },
    halt: (signal) => current.process.stop(signal),
    log: () => current.process.output(),
    async stop() {
      await Promise.all(adopted.map((program) => program.stop("SIGKILL")));
      await client.close();
      await end(started, folder);
    },
  };
}

let namespaces = 0;

async function ensureNamespace(client: TestClient, name: string): Promise<void> {
  await client.apply(`/api/v1/namespaces/${name}`, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  // With a controller for it, there may be one already.
  await client.apply(`/api/v1/namespaces/${name}/serviceaccounts/default`, {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: "default" },
  });
}
