import { parseArgs } from "node:util";
import { suggestion } from "../api/nearest.ts";
import type { OperatorConfig } from "./config.ts";
import { type Flag, type FlagName, type FlagValues, flags, type Machine, variableOf } from "./config-flags.ts";
import { renderHelp } from "./config-help.ts";

/** What the command line asks for. */
export type Asked =
  | { readonly kind: "run"; readonly config: OperatorConfig }
  /** Print it, and exit 0. */
  | { readonly kind: "print"; readonly text: string }
  /** Print these lines, all that is wrong, and exit 2. */
  | { readonly kind: "refuse"; readonly problems: readonly string[] };

/** Where a value came from, as a message names it. */
interface Given {
  readonly text: string;
  readonly from: string;
}

const maxShown = 60;

/**
 * Reads the flags, else the environment variables, else the defaults. An empty variable is one that is not set. Reads
 * neither files nor `process`.
 */
export function readConfig(input: {
  /** Without the program's name. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly machine: Machine;
  readonly version: string;
}): Asked {
  const problems: string[] = [];
  const { given, help, version } = readArgs(input.args, problems);
  if (help) return { kind: "print", text: renderHelp() };
  if (version) return { kind: "print", text: input.version };
  const values: Partial<Record<FlagName, unknown>> = {};
  for (const [name, flag] of Object.entries(flags) as [FlagName, Flag][]) {
    const source = given.get(name) ?? fromEnv(name, input.env) ?? byDefault(name, flag, input.machine);
    if (source === undefined) {
      problems.push(`Set --${name}: it has no default (${flag.help})`);
      continue;
    }
    const read = flag.read(source.text);
    if ("wanted" in read) problems.push(`Cannot use ${source.from}: it must be ${read.wanted}: ${shown(source.text)}`);
    else values[name] = read.value;
  }
  problems.push(...findConflicts(values as Partial<FlagValues>));
  return problems.length > 0 ? { kind: "refuse", problems } : { kind: "run", config: makeConfig(values as FlagValues) };
}

function readArgs(
  args: readonly string[],
  problems: string[],
): { readonly given: ReadonlyMap<string, Given>; readonly help: boolean; readonly version: boolean } {
  const given = new Map<string, Given>();
  const asks = { help: false, version: false };
  const names = Object.keys(flags);
  const { tokens } = parseArgs({
    args: [...args],
    options: {
      ...Object.fromEntries(names.map((name) => [name, { type: "string" as const }])),
      help: { type: "boolean", short: "h" },
      version: { type: "boolean" },
    },
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind === "positional") problems.push(`Cannot use an argument without a flag: ${shown(token.value)}`);
    if (token.kind !== "option") continue;
    const { name, value, inlineValue } = token;
    if (name === "help" || name === "version") {
      asks[name] = true;
    } else if (!Object.hasOwn(flags, name)) {
      const hint = suggestion(name, names)?.replace(/"([^"]+)"/, '"--$1"') ?? "--help lists all flags";
      problems.push(`Cannot use a flag that does not exist: ${shown(token.rawName)}. ${hint}`);
    } else if (value === undefined || (inlineValue === false && value.startsWith("--"))) {
      problems.push(`Cannot use --${name} without a value: write --${name}=${(flags[name as FlagName] as Flag).value}`);
    } else {
      const before = (flags[name as FlagName] as Flag).isList === true ? given.get(name) : undefined;
      given.set(name, { text: before === undefined ? value : `${before.text},${value}`, from: `--${name}` });
    }
  }
  return { given, ...asks };
}

function fromEnv(name: FlagName, env: Readonly<Record<string, string | undefined>>): Given | undefined {
  const variable = variableOf(name);
  const text = env[variable];
  return text === undefined || text === "" ? undefined : { text, from: variable };
}

function byDefault(name: FlagName, { fallback }: Flag, machine: Machine): Given | undefined {
  if (fallback === undefined) return undefined;
  const text = typeof fallback === "string" ? fallback : fallback(machine);
  return { text, from: `--${name}, which was not given` };
}

/** What is right alone and wrong together. */
function findConflicts(values: Partial<FlagValues>): string[] {
  const problems: string[] = [];
  const atLeast = (more: FlagName, less: FlagName, factor: number, why: string): void => {
    const [one, other] = [values[more], values[less]];
    if (typeof one === "number" && typeof other === "number" && one <= other * factor)
      problems.push(`Raise --${more} or lower --${less}: ${why}`);
  };
  atLeast("lease-duration", "lease-renew-deadline", 1, "a leader must give up before another takes over");
  // Looks at the Lease are spread by a fifth.
  atLeast(
    "lease-renew-deadline",
    "lease-retry-period",
    1.2,
    "a leader must get to renew more than once, at least 1.2 times",
  );
  atLeast("data-size", "fetch-size", 2, "the folder must hold the largest component twice, and what is made of it");
  if (values.listen !== undefined && values.listen === values["secure-listen"] && !values.listen.endsWith(":0"))
    problems.push(`Change --listen or --secure-listen: both are ${values.listen}`);
  return problems;
}

function makeConfig(values: FlagValues): OperatorConfig {
  return {
    namespaces: values.namespaces,
    kubeconfig: values.kubeconfig,
    pod: { name: values["pod-name"], namespace: values["pod-namespace"] },
    leaderElection: values["leader-election"],
    lease: {
      name: values["lease-name"],
      durationMs: values["lease-duration"],
      renewDeadlineMs: values["lease-renew-deadline"],
      retryMs: values["lease-retry-period"],
    },
    listen: values.listen,
    secureListen: values["secure-listen"],
    service: values.service.name,
    servicePort: values.service.port,
    tlsSecret: values["tls-secret"],
    webhook: values.webhook,
    data: { folder: values["data-folder"], bytes: values["data-size"] },
    concurrency: values.concurrency,
    composer: {
      workers: values["composer-workers"],
      memoryBytes: values["composer-memory"],
      deadlineMs: values["composer-deadline"],
    },
    fetch: {
      bytes: values["fetch-size"],
      timeoutMs: values["fetch-timeout"],
      allowedCIDRs: values["fetch-allowed-cidrs"],
    },
    runner: {
      image: values["runner-image"],
      imagePullPolicy: values["runner-image-pull-policy"],
      imagePullSecrets: values["runner-image-pull-secrets"],
      allowedServiceAccounts: values["runner-service-accounts"],
      resources: { requests: values["runner-requests"], limits: values["runner-limits"] },
      rollOnUpgrade: values["runner-roll-on-upgrade"],
    },
    logLevel: values["log-level"],
    shutdownMs: values["shutdown-timeout"],
  };
}

/** One line, bounded: what is given may be anything. */
function shown(text: string): string {
  return JSON.stringify(text.length <= maxShown ? text : `${text.slice(0, maxShown)}…`);
}
