import type { CompositionSpec } from "../../api/composition.ts";
import { parseBytes, parseDuration } from "../../api/units.ts";
import { defaultLimits, type Limits } from "../../runner/config.ts";
import type { SpecProblem } from "./desired.ts";

const minMemory = 64 * 1024;
const maxMemory = 4 * 1024 ** 3;

/** A runner's limits as `spec.runner` has them; what is not given there has the runner's default. */
export function makeLimits(runner: CompositionSpec["runner"], problems: SpecProblem[]): Limits {
  const { concurrency, requestTimeout, memoryLimit, maxRequests } = runner;
  const timeout = parseDuration(requestTimeout);
  const memoryBytes = parseBytes(memoryLimit);
  if (timeout === undefined) {
    const message = `Must be a duration of at most 24 days: ${requestTimeout}`;
    problems.push({ field: "spec.runner.requestTimeout", message, hint: "Write 30s, or 0s for no limit" });
  }
  if (memoryBytes === undefined || memoryBytes < minMemory || memoryBytes > maxMemory) {
    const message = `Must be between 64Ki and 4Gi: ${memoryLimit}`;
    problems.push({ field: "spec.runner.memoryLimit", message, hint: "Write 256Mi" });
  }
  return {
    ...defaultLimits,
    concurrency: concurrency ?? defaultLimits.concurrency,
    requestTimeoutMs: timeout === 0 ? null : (timeout ?? defaultLimits.requestTimeoutMs),
    memoryBytes: memoryBytes ?? defaultLimits.memoryBytes,
    maxRequests: maxRequests ?? defaultLimits.maxRequests,
  };
}
