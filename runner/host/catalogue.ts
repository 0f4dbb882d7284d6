/**
 * What a runner hosts, as data: read before rollout by whoever checks a wiring, and by the hosts themselves for the
 * versions that they speak. It imports no implementation.
 */
export interface Hosted {
  /** Without a version: `wasi:io/streams`. */
  readonly name: string;
  /** `0.2.*`: every release of 0.2, no pre-release. Anything else is one exact version, "" for a name without one. */
  readonly versions: readonly string[];
  /** What an instance must be granted; `none` where no grant means an honest empty form. */
  readonly grant: "none" | "keyvalue";
}

const release = ["0.2.*"];
const keyvalueDrafts = ["0.2.0-draft", "0.2.0-draft2"];
const configDrafts = ["0.2.0-draft", "0.2.0-draft-2024-09-27", "0.2.0-rc.1"];

/** Every hosted interface, each once. */
export const catalogue: readonly Hosted[] = [
  ...family("wasi:cli", release, [
    "environment",
    "exit",
    "stdin",
    "stdout",
    "stderr",
    "terminal-input",
    "terminal-output",
    "terminal-stdin",
    "terminal-stdout",
    "terminal-stderr",
  ]),
  ...family("wasi:clocks", release, ["monotonic-clock", "wall-clock", "timezone"]),
  ...family("wasi:random", release, ["random", "insecure", "insecure-seed"]),
  ...family("wasi:io", release, ["error", "poll", "streams"]),
  ...family("wasi:filesystem", release, ["preopens", "types"]),
  ...family("wasi:sockets", release, [
    "network",
    "instance-network",
    "ip-name-lookup",
    "tcp",
    "tcp-create-socket",
    "udp",
    "udp-create-socket",
  ]),
  ...family("wasi:http", release, ["types", "outgoing-handler"]),
  ...family("wasi:keyvalue", keyvalueDrafts, ["store", "atomics", "batch"], "keyvalue"),
  ...family("wasi:config", configDrafts, ["store", "runtime"]),
  ...family("wasi:logging", ["", "0.1.0-draft"], ["logging"]),
];

const byName = new Map(catalogue.map((hosted) => [hosted.name, hosted]));

/** The entry that serves an import of this interface in this version ("" where it has none), if any does. */
export function findHosted(name: string, version: string): Hosted | undefined {
  const hosted = byName.get(name);
  return hosted?.versions.some((pattern) => speaksPattern(pattern, version)) ? hosted : undefined;
}

/** `HostInterface.speaks` for an interface of the catalogue. */
export function speaks(name: string): (version: string) => boolean {
  return (version) => findHosted(name, version) !== undefined;
}

/** Whether `version` is what `pattern` (see `Hosted.versions`) means. */
export function speaksPattern(pattern: string, version: string): boolean {
  if (!pattern.endsWith(".*")) return pattern === version;
  const prefix = pattern.slice(0, -1);
  return version.startsWith(prefix) && /^\d+$/.test(version.slice(prefix.length));
}

function family(
  packageName: string,
  versions: readonly string[],
  names: readonly string[],
  grant: Hosted["grant"] = "none",
): Hosted[] {
  return names.map((name) => ({ name: `${packageName}/${name}`, versions, grant }));
}
