import { defaultLimits, type Limits, type RunnerDocument } from "./config.ts";
import { RunnerError } from "./error.ts";

type Json = Readonly<Record<string, unknown>>;

/**
 * Reads a runner's configuration document. Limits that are left out have their defaults; nothing else is guessed. Values in
 * files are not read here.
 * Throws `RunnerError` `bad-config` that names the field.
 */
export function readConfig(text: string): RunnerDocument {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new RunnerError("bad-config", `Cannot read the configuration as JSON: ${(cause as Error).message}`, {
      cause,
    });
  }
  const config = object(json, "the document");
  for (const field of ["composition", "artifact", "listen", "admin"]) {
    if (typeof config[field] !== "string" || config[field] === "") throw wrong(field, "a string", config[field]);
  }
  if (config["adminToken"] !== undefined && typeof config["adminToken"] !== "string")
    throw wrong("adminToken", "a string", "something else");
  if (typeof config["call"] !== "boolean") throw wrong("call", "true or false", config["call"]);
  if (config["isolation"] !== "Instance" && config["isolation"] !== "Request")
    throw wrong("isolation", "Instance or Request", config["isolation"]);
  count(config["processes"], "processes", { least: 1, most: 1024 });
  if (config["fetch"] !== undefined) checkFetch(object(config["fetch"], "fetch"));
  const grants = object(config["grants"] ?? {}, "grants");
  for (const [instance, one] of Object.entries(grants)) checkValues(object(one, `grants.${instance}`), instance);
  return {
    ...(config as unknown as RunnerDocument),
    limits: readLimits(object(config["limits"] ?? {}, "limits")),
    grants: grants as RunnerDocument["grants"],
    backends: object(config["backends"] ?? {}, "backends") as RunnerDocument["backends"],
  };
}

function checkFetch(fetch: Json): void {
  for (const field of ["url", "digest", "caFile", "tokenFile"]) {
    if (typeof fetch[field] !== "string") throw wrong(`fetch.${field}`, "a string", fetch[field]);
  }
  const url = URL.parse(String(fetch["url"]));
  if (url?.protocol !== "https:") throw wrong("fetch.url", "an https address", fetch["url"]);
  if (!/^sha256:[0-9a-f]{64}$/.test(String(fetch["digest"])))
    throw wrong("fetch.digest", "sha256: and 64 hexadecimal digits", fetch["digest"]);
}

/** What names files with values. The values themselves are never repeated in a message. */
function checkValues({ configFolders = [], env = [] }: Json, instance: string): void {
  const at = `grants.${instance}`;
  if (!Array.isArray(configFolders) || !configFolders.every((one) => typeof one === "string"))
    throw wrong(`${at}.configFolders`, "a list of folders", typeof configFolders);
  if (!Array.isArray(env)) throw wrong(`${at}.env`, "a list", typeof env);
  for (const [index, variable] of env.entries()) {
    const { name, value, file } = object(variable, `${at}.env[${index}]`);
    if (typeof name !== "string") throw wrong(`${at}.env[${index}].name`, "a string", typeof name);
    if ((typeof value === "string") === (typeof file === "string"))
      throw wrong(`${at}.env[${index}]`, "a name with either a value or a file", name);
  }
}

/** The bounds of each limit; a timer of Node holds at most 2^31 - 1 ms. */
const bounds: Readonly<Record<keyof Limits, { least: number; most: number; nullable?: true }>> = {
  concurrency: { least: 1, most: 10_000 },
  queue: { least: 0, most: 1_000_000 },
  requestTimeoutMs: { least: 1, most: 2 ** 31 - 1, nullable: true },
  memoryBytes: { least: 65_536, most: 2 ** 32 },
  maxRequests: { least: 1, most: Number.MAX_SAFE_INTEGER, nullable: true },
  headerBytes: { least: 1024, most: 2 ** 24 },
  bodyBytes: { least: 0, most: Number.MAX_SAFE_INTEGER },
  drainMs: { least: 0, most: 2 ** 31 - 1 },
};

function readLimits(json: Json): Limits {
  const unknown = Object.keys(json).find((name) => !Object.hasOwn(bounds, name));
  if (unknown !== undefined) throw wrong(`limits.${unknown}`, `one of ${Object.keys(bounds).join(", ")}`, unknown);
  const limits = { ...defaultLimits, ...json } as Limits;
  for (const [name, bound] of Object.entries(bounds)) {
    const value = limits[name as keyof Limits];
    if (value !== null || bound.nullable === undefined) count(value, `limits.${name}`, bound);
  }
  return limits;
}

function count(value: unknown, field: string, { least, most }: { least: number; most: number }): void {
  if (!Number.isInteger(value) || (value as number) < least || (value as number) > most)
    throw wrong(field, `a whole number from ${least} to ${most}`, value);
}

function object(value: unknown, field: string): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrong(field, "an object", value);
  return value as Json;
}

function wrong(field: string, what: string, found: unknown): RunnerError {
  const text = JSON.stringify(found) ?? "nothing";
  return new RunnerError(
    "bad-config",
    `Cannot use the configuration: ${field} must be ${what}, found ${text.slice(0, 60)}`,
  );
}
