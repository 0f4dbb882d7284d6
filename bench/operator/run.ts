import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Json } from "../../test/support/api-server/http.ts";
import { paths } from "../../test/support/api-server/objects.ts";
import { type Operator, startOperator } from "../../test/support/api-server/operator.ts";
import type { ApiServer } from "../../test/support/api-server/server.ts";
import { composition, createAll, forEach, nameOf, type Origin } from "./objects.ts";
import { type Cpu, ProcessMeter } from "./process.ts";
import { type Phase, phaseOf, settledPhase } from "./traffic.ts";

const root = join(import.meta.dirname, "../..");

/** What one phase cost. */
export interface Cost extends Phase {
  /** From the first thing that a user did to the operator's last write. */
  readonly seconds: number;
  readonly cpu: Cpu;
  /** MiB at the most, in this phase. */
  readonly peak: number;
}

/** An operator over one namespace with `count` pairs of a Component and a Composition. */
export class Run {
  readonly server: ApiServer;
  readonly namespace: string;
  readonly count: number;
  readonly origin: Origin;
  operator: Operator;
  meter: ProcessMeter;

  private constructor(
    server: ApiServer,
    options: { readonly namespace: string; readonly count: number; readonly origin: Origin },
    operator: Operator,
  ) {
    this.server = server;
    this.namespace = options.namespace;
    this.count = options.count;
    this.origin = options.origin;
    this.operator = operator;
    this.meter = new ProcessMeter(operator.process.pid);
  }

  /** An operator of its own, that watches a new namespace alone. */
  static async start(
    server: ApiServer,
    options: { readonly count: number; readonly origin: Origin; readonly flags?: readonly string[] },
  ): Promise<Run> {
    const namespace = await server.addNamespace("bench");
    return new Run(server, { ...options, namespace }, await start(server, namespace, options.flags));
  }

  /** Everything is created, and becomes objects. */
  create(): Promise<Cost> {
    const { server, namespace, count, origin } = this;
    return this.#measure(() => createAll(server.client, { namespace, count, origin }));
  }

  /** Every Composition is given this spec. */
  change(spec: { readonly env?: string; readonly replicas?: number }): Promise<Cost> {
    const { client } = this.server;
    return this.#measure(() =>
      forEach(this.count, (index) =>
        client.patch(paths.composition(this.namespace, nameOf(index)), { spec: composition(index, spec).spec }),
      ),
    );
  }

  /** SIGKILL, and another process over the same data folder, until it looked at every object again. */
  async restart(): Promise<Cost & { readonly readySeconds: number }> {
    const { server, namespace } = this;
    this.meter.stop();
    await this.operator.stop("SIGKILL");
    const since = await server.audit.mark();
    const started = Date.now();
    this.operator = await start(server, namespace);
    this.meter = new ProcessMeter(this.operator.process.pid);
    const readySeconds = (Date.now() - started) / 1000;
    // Both kinds are looked at once; a Composition that came before its Component a second time.
    while ((await this.operator.reconciles()) < 2 * this.count) await sleep(50);
    await this.operator.idle();
    const seconds = (Date.now() - started) / 1000;
    const phase = await phaseOf(server, this.operator.user, since);
    return { ...phase, readySeconds, seconds, cpu: this.meter.cpu(), peak: this.meter.peak() };
  }

  /** Nothing happens. */
  async rest(ms: number): Promise<Cost> {
    const { server, meter } = this;
    const since = await server.audit.mark();
    const before = meter.cpu();
    meter.resetPeak();
    await sleep(ms);
    const phase = await phaseOf(server, this.operator.user, since);
    return { ...phase, seconds: ms / 1000, cpu: minus(meter.cpu(), before), peak: meter.peak() };
  }

  async stop(): Promise<void> {
    this.meter.stop();
    await this.operator.stop("SIGKILL");
  }

  async #measure(act: () => Promise<void>): Promise<Cost> {
    const { server, meter, operator } = this;
    const since = await server.audit.mark();
    const before = meter.cpu();
    meter.resetPeak();
    const started = Date.now();
    await act();
    const isDone = ({ traffic }: Phase): Promise<boolean> =>
      Promise.resolve(traffic.statuses >= this.count).then((enough) => enough && this.#stands());
    const phase = await settledPhase(server, operator.user, { since, isDone, limitMs: 600_000 });
    const seconds = ((phase.lastWrite ?? started) - started) / 1000;
    return { ...phase, seconds, cpu: minus(meter.cpu(), before), peak: meter.peak() };
  }

  /** True where every status speaks of the newest spec, and says that it was composed and applied. */
  async #stands(): Promise<boolean> {
    const all = await this.server.client.list(paths.compositions(this.namespace));
    const stands = ({ metadata, status }: Json): boolean =>
      status?.observedGeneration === metadata.generation &&
      status.updateRevision !== undefined &&
      status.conditions.some(({ type, status: is }: Json) => type === "Composed" && is === "True");
    return all.length === this.count && all.every(stands);
  }
}

/** The operator as it is shipped: the sources of a checkout take more memory, because Node strips their types first. */
export function buildOperator(): void {
  execFileSync(process.execPath, [join(root, "scripts/pack.ts")], { stdio: ["ignore", 2, 2] });
}

function start(server: ApiServer, namespace: string, flags: readonly string[] = []): Promise<Operator> {
  return startOperator(server, {
    name: `operator-${namespace}`,
    program: join(root, "dist/operator/main.js"),
    flags: [`--namespaces=${namespace}`, "--fetch-allowed-cidrs=127.0.0.0/8", "--log-level=info", ...flags],
  });
}

function minus(one: Cpu, other: Cpu): Cpu {
  return { all: one.all - other.all, composer: one.composer - other.composer };
}
