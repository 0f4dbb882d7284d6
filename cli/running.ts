import { CliError } from "./error.ts";

/**
 * Waits for SIGINT or SIGTERM, then for `stop`. A second signal asks to stop at once: `again` is true.
 */
export async function exitForSignals(stop: (again: boolean) => Promise<void>): Promise<void> {
  const stopped = Promise.withResolvers<void>();
  let signals = 0;
  const onSignal = () => {
    signals++;
    if (signals <= 2) stop(signals > 1).then(stopped.resolve, stopped.reject);
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  try {
    await stopped.promise;
  } finally {
    process.off("SIGINT", onSignal);
    process.off("SIGTERM", onSignal);
  }
}

/** What a runner refuses is the user's to mend; anything else stays what it is. */
export function explainRunnerError(error: unknown): unknown {
  const { name, message } = error as Error;
  return name === "RunnerError" ? new CliError("findings", message, { cause: error }) : error;
}
