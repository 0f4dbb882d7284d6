import { readFile } from "node:fs/promises";
import { guest } from "../../../guests/guest.ts";
import type { Json } from "../api-server/http.ts";
import { componentFrom } from "../api-server/objects.ts";

/** What every pod of the tests must be where `restricted` is enforced. */
export const restricted = {
  runAsNonRoot: true,
  runAsUser: 65_532,
  seccompProfile: { type: "RuntimeDefault" },
} as const;

/** And every container. */
export const restrictedContainer = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
} as const;

/** A ConfigMap of these files. */
export function configMapOf(name: string, files: Readonly<Record<string, Uint8Array>>): Json {
  const binaryData = Object.fromEntries(
    Object.entries(files).map(([file, bytes]) => [file, Buffer.from(bytes).toString("base64")]),
  );
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, binaryData };
}

/** A Component of this name with the bytes of a guest, in the ConfigMap `NAME-wasm`. */
export async function guestComponent(name: string, guestName: string): Promise<readonly [Json, Json]> {
  const bytes = await readFile(await guest(guestName));
  const configMap = configMapOf(`${name}-wasm`, { "component.wasm": bytes });
  return [configMap, componentFrom(name, { name: `${name}-wasm`, key: "component.wasm" })];
}
