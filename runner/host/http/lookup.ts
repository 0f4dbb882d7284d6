import { type LookupAddress, type LookupOptions, lookup } from "node:dns";
import type { LookupFunction } from "node:net";
import type { Policy } from "./allow.ts";

/**
 * A resolver that answers only addresses of the policy. The connection is made to what it answers, so a name that
 * resolves differently a moment later gains nothing.
 */
export function makeLookup(policy: Policy, resolve: typeof lookup = lookup): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...(options as LookupOptions), all: true }, (error, addresses) => {
      if (error !== null) return callback(error, "", 0);
      const permitted = (addresses as LookupAddress[]).filter(({ address }) => policy.permitsAddress(address).allowed);
      const first = permitted[0];
      if (first === undefined) return callback(prohibited(policy, addresses as LookupAddress[]), "", 0);
      if (options.all === true) (callback as (error: null, addresses: LookupAddress[]) => void)(null, permitted);
      else callback(null, first.address, first.family);
    });
  };
}

function prohibited(policy: Policy, addresses: readonly LookupAddress[]): Error {
  const verdict = policy.permitsAddress(addresses[0]?.address ?? "");
  const error = new Error(verdict.allowed ? "no address" : verdict.reason);
  return Object.assign(error, { code: "EACCES" });
}
