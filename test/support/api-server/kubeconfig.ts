import { writeFile } from "node:fs/promises";
import type { KeyPair } from "./pki.ts";

/** Who a kubeconfig speaks for: a client certificate, or a bearer token (in a file, where it is to be rotated). */
export type Credential = KeyPair | { readonly token: string } | { readonly tokenFile: string };

/** Writes a kubeconfig, readable by us alone, and gives its path. */
export async function writeKubeconfig(
  file: string,
  options: { readonly url: string; readonly ca: string; readonly user: string; readonly credential: Credential },
): Promise<string> {
  const { url, ca, user, credential } = options;
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "test", cluster: { server: url, "certificate-authority-data": base64(ca) } }],
    users: [
      {
        name: user,
        user:
          "certificate" in credential
            ? {
                "client-certificate-data": base64(credential.certificate),
                "client-key-data": base64(credential.key),
              }
            : credential,
      },
    ],
    contexts: [{ name: "test", context: { cluster: "test", user } }],
    "current-context": "test",
  };
  // JSON is YAML.
  await writeFile(file, JSON.stringify(config, null, 2), { mode: 0o600 });
  return file;
}
