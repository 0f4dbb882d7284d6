import { join } from "node:path";
import type { TestClient } from "./http.ts";
import { writeKubeconfig } from "./kubeconfig.ts";
import type { Authority, KeyPair } from "./pki.ts";

/** `rules[]` of a role. */
export interface PolicyRule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
  readonly verbs: readonly string[];
}

/** A user of the test server, with exactly the rights that were given. */
export interface TestUser {
  readonly name: string;
  readonly credential: KeyPair;
  /** Path of a kubeconfig for it. */
  readonly kubeconfig: string;
}

/** What a user may do: in the whole cluster, or in one namespace. Both may be given. */
export interface Rights {
  readonly rules?: readonly PolicyRule[];
  readonly namespaced?: Readonly<Record<string, readonly PolicyRule[]>>;
  /** `system:masters` may do anything. */
  readonly groups?: readonly string[];
}

const rbac = "/apis/rbac.authorization.k8s.io/v1";

/** Makes a user with a client certificate, its roles and its kubeconfig. The same name again replaces its rights. */
export async function makeUser(
  name: string,
  rights: Rights,
  server: { readonly client: TestClient; readonly authority: Authority; readonly url: string; readonly folder: string },
): Promise<TestUser> {
  const { client, authority, url, folder } = server;
  const { rules, namespaced = {}, groups = [] } = rights;
  const bind = async (at: string, kind: "ClusterRole" | "Role", what: readonly PolicyRule[]): Promise<void> => {
    const plural = kind.toLowerCase();
    const apiVersion = "rbac.authorization.k8s.io/v1";
    const metadata = { name: `test-${name.replaceAll(":", ".")}` };
    await client.apply(`${at}/${plural}s/${metadata.name}`, { apiVersion, kind, metadata, rules: what });
    await client.apply(`${at}/${plural}bindings/${metadata.name}`, {
      apiVersion,
      kind: `${kind}Binding`,
      metadata,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind, name: metadata.name },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name }],
    });
  };
  if (rules !== undefined) await bind(rbac, "ClusterRole", rules);
  for (const [namespace, what] of Object.entries(namespaced)) {
    await bind(`${rbac}/namespaces/${namespace}`, "Role", what);
  }
  const credential = await authority.issueClient(name, groups);
  const file = join(folder, `${encodeURIComponent(name)}.kubeconfig`);
  const kubeconfig = await writeKubeconfig(file, { url, ca: authority.certificate, user: name, credential });
  return { name, credential, kubeconfig };
}
