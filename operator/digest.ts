import { createHash } from "node:crypto";

/** Lower case hexadecimal sha256. */
export function sha256(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}
