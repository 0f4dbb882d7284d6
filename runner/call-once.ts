import { openComposition } from "./composition.ts";
import type { RunnerConfig } from "./config.ts";
import type { Log } from "./host/host.ts";
import { flushLines } from "./host/lines.ts";
import { CallGateway } from "./serve/call.ts";
import { CallError } from "./serve/error.ts";

/** One call of an export, as the JSON gateway takes it. */
export interface OneCall {
  /** With or without its version; `-` for a function that belongs to no interface. */
  readonly interface: string;
  readonly function: string;
  /** An object by parameter name, or an array. */
  readonly args: unknown;
}

/**
 * Calls an export of a composition once, in this process, with JSON and for JSON: the gateway without its server.
 * Throws `CallError` for a call that cannot be made, `RunnerError` where the composition cannot start, `Trap`.
 */
export async function callOnce(config: RunnerConfig, call: OneCall, log: Log): Promise<unknown> {
  const composition = await openComposition(config, { log });
  try {
    const { plan } = composition.artifact.index;
    const gateway = new CallGateway(plan, {
      composition: config.composition,
      bodyBytes: config.limits.bodyBytes,
    });
    const target = gateway.find(call.interface, call.function);
    if (target.refused !== null) throw new CallError("unsupported-type", target.refused);
    const args = gateway.parse(target, call.args);
    return await gateway.call(composition.linker.instantiate(), target, args);
  } finally {
    flushLines(composition.services);
    await composition.close();
  }
}
