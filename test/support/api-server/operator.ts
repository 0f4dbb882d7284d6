import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ApiServerError } from "./error.ts";
import type { Json } from "./http.ts";
import { operatorRules } from "./operator-rules.ts";
import { freePort } from "./ports.ts";
import { type Guarded, startGuarded } from "./process.ts";
import type { FaultProxy } from "./proxy.ts";
import type { ApiServer } from "./server.ts";
import type { TestUser } from "./users.ts";
import { waitFor } from "./wait.ts";

const root = resolve(import.meta.dirname, "../../..");

/** Where the operator keeps its Lease and its Secret in tests. */
export const operatorNamespace = "tenon-system";

/** What an operator is started with. */
export interface OperatorOptions {
  /** More flags, `--concurrency=1`; of two equal ones the last counts. */
  readonly flags?: readonly string[];
  /** Its pod's name, and that of its files: `operator-0`. */
  readonly name?: string;
  /** It talks to the API server through this one. */
  readonly proxy?: FaultProxy;
  /** Who it is; one with the rights that an operator has, where it is not given. */
  readonly user?: TestUser;
  /** Its data folder: that of an earlier one, or another path. `FOLDER/data-NAME` where it is not given. */
  readonly dataFolder?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The program; the sources of this checkout, where it is not given. */
  readonly program?: string;
  /** False: return as soon as it runs. */
  readonly wait?: boolean;
}

/** An operator that runs as a process of its own, as in a pod. It ends with the server, at the latest. */
export interface Operator {
  readonly process: Guarded;
  /** Its name in the audit log. */
  readonly user: string;
  /** Of `/healthz`, `/readyz` and `/metrics`. */
  readonly url: string;
  /** Of the webhook and the artifacts. */
  readonly secureUrl: string;
  readonly dataFolder: string;
  /** The lines of its log that are JSON, parsed. */
  logs(): readonly Json[];
  /** Status of a GET on its plain port; undefined where nothing answers. */
  probe(path: "/healthz" | "/readyz"): Promise<number | undefined>;
  /** The text of `/metrics`. */
  metrics(): Promise<string>;
  /** The sum of a metric over the series that have these labels; undefined where there is none. */
  metric(name: string, labels?: Readonly<Record<string, string>>): Promise<number | undefined>;
  /** How many reconciles ended so far, of one controller or of both. */
  reconciles(controller?: "component" | "composition"): Promise<number>;
  /** Waits until nothing was reconciled for a second, and nothing waits for it. */
  idle(): Promise<void>;
  /** Sends the signal (SIGTERM) and gives the exit code, or the signal that ended it. */
  stop(signal?: NodeJS.Signals): Promise<number | string>;
}

/** Starts `operator/main.ts` against this server and waits until `/readyz` says 200. */
export async function startOperator(server: ApiServer, options: OperatorOptions = {}): Promise<Operator> {
  const { name = "operator-0", proxy, flags = [], wait = true } = options;
  const user = options.user ?? (await addOperatorUser(server));
  const [port, securePort] = [await freePort(), await securePortOf(server)];
  const kubeconfig = proxy === undefined ? user.kubeconfig : await proxy.kubeconfigOf(user);
  const dataFolder = options.dataFolder ?? join(server.folder, `data-${name}`);
  const program = startGuarded(
    process.execPath,
    [
      options.program ?? join(root, "operator/main.ts"),
      `--kubeconfig=${kubeconfig}`,
      `--pod-name=${name}`,
      `--pod-namespace=${operatorNamespace}`,
      "--leader-election=false",
      `--listen=127.0.0.1:${port}`,
      `--secure-listen=127.0.0.1:${securePort}`,
      `--data-folder=${dataFolder}`,
      "--runner-image=tenon.example/runner:1",
      "--log-level=debug",
      ...flags,
    ],
    {
      log: join(server.folder, `${name}.log`),
      cwd: root,
      env: { NODE_OPTIONS: "--disable-warning=ExperimentalWarning", ...options.env },
    },
  );
  server.adopt(program);
  const operator = makeOperator(program, { user: user.name, dataFolder, port, securePort });
  if (wait) await untilReady(operator);
  return operator;
}

/** A user with the rights of an operator of the whole cluster, and its namespace. */
export async function addOperatorUser(server: ApiServer, name = "tenon-operator"): Promise<TestUser> {
  await server.ensureNamespace(operatorNamespace);
  return server.addUser(name, operatorRules(operatorNamespace));
}

const securePorts = new Map<string, number>();

/** One for all operators of a server, as in a cluster, where only the leader listens: NetworkPolicies name it. */
async function securePortOf(server: ApiServer): Promise<number> {
  const port = securePorts.get(server.folder) ?? (await freePort());
  securePorts.set(server.folder, port);
  return port;
}

function makeOperator(
  program: Guarded,
  known: {
    readonly user: string;
    readonly dataFolder: string;
    readonly port: number;
    readonly securePort: number;
  },
): Operator {
  const url = `http://127.0.0.1:${known.port}`;
  const reconciles = async (controller?: string): Promise<number> =>
    sumOf(await metrics(), "controller_runtime_reconcile_total", controller === undefined ? {} : { controller }) ?? 0;
  const metrics = async (): Promise<string> => (await fetch(`${url}/metrics`)).text();
  return {
    process: program,
    user: known.user,
    url,
    secureUrl: `https://127.0.0.1:${known.securePort}`,
    dataFolder: known.dataFolder,
    logs: () => program.output().split("\n").flatMap(parseLine),
    async probe(path) {
      const answer = await fetch(`${url}${path}`).catch(() => undefined);
      await answer?.body?.cancel();
      return answer?.status;
    },
    metrics,
    metric: async (name, labels = {}) => sumOf(await metrics(), name, labels),
    reconciles,
    async idle() {
      await waitFor("the operator to be idle", async () => {
        const before = await reconciles();
        await sleep(1_000);
        const text = await metrics();
        const busy = sumOf(text, "workqueue_depth", {}) || sumOf(text, "controller_runtime_active_workers", {});
        return !busy && before === (await reconciles());
      });
    },
    async stop(signal = "SIGTERM") {
      await program.stop(signal, 30_000);
      return program.ended;
    },
  };
}

async function untilReady(operator: Operator): Promise<void> {
  const state = await waitFor(
    "the operator to be ready",
    async () => (operator.process.running() ? (await operator.probe("/readyz")) === 200 && "ready" : "ended"),
    { timeoutMs: 60_000 },
  ).catch((error: Error) => error.message);
  if (state === "ready") return;
  const tail = operator.process.output().trim().split("\n").slice(-20).join("\n");
  await operator.process.stop("SIGKILL");
  throw new ApiServerError("start", `The operator did not get ready (${state}):\n${tail}`);
}

function parseLine(line: string): readonly Json[] {
  try {
    return line.startsWith("{") ? [JSON.parse(line)] : [];
  } catch {
    return [];
  }
}

/** Reads the text format of Prometheus, as far as a sum needs it. */
function sumOf(text: string, name: string, labels: Readonly<Record<string, string>>): number | undefined {
  const values = text
    .split("\n")
    .map((line) => /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line))
    .filter((match) => match !== null && match[1] === name)
    .filter((match) =>
      Object.entries(labels).every(([label, value]) => `,${match?.[2] ?? ""}`.includes(`,${label}="${value}"`)),
    )
    .map((match) => Number(match?.[3]));
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0);
}
