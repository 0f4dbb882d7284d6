import { defaultLimits, type Limits, type RunnerConfig } from "./config.ts";
import { RunnerError } from "./error.ts";

type Json = Readonly<Record<string, unknown>>;

/**
 * Reads a runner's configuration document. Limits that are left out have their defaults; nothing else is guessed.
 * Throws `RunnerError` `bad-config` that names the field.
 */
export function readConfig(text: string): RunnerConfig {
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
  return {
    ...(config as unknown as RunnerConfig),
    limits: readLimits(object(config["limits"] ?? {}, "limits")),
    grants: object(config["grants"] ?? {}, "grants") as RunnerConfig["grants"],
    backends: object(config["backends"] ?? {}, "backends") as RunnerConfig["backends"],
  };
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
