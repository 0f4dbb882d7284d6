import { createHash, createHmac, timingSafeEqual } from "node:crypto";

/**
 * Where the webhook is: `/admission/` and 64 hexadecimal digits that follow from the authority's private key. Replicas that
 * share the Secret agree on it, and only the API server is told: who does not know it gets no verdict.
 */
export function makeAdmissionPath(authorityKey: string): string {
  return `/admission/${createHmac("sha256", authorityKey).update("tenon.dev admission path").digest("hex")}`;
}

/** Whether two paths are equal, in a time that does not tell where they differ. */
export function isSamePath(one: string, other: string): boolean {
  return timingSafeEqual(digest(one), digest(other));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
