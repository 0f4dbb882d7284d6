import type { Json, TestClient } from "../../test/support/api-server/http.ts";
import { paths } from "../../test/support/api-server/objects.ts";
import { ownedBy } from "../../test/support/api-server/owned.ts";
import { appliedBy } from "./applied.ts";
import { forEach, nameOf } from "./objects.ts";

const manager = "tenon-operator";
const plurals: Readonly<Record<string, string>> = {
  ConfigMap: "configmaps",
  Service: "services",
  ServiceAccount: "serviceaccounts",
  Deployment: "deployments",
  PodDisruptionBudget: "poddisruptionbudgets",
  NetworkPolicy: "networkpolicies",
};

/** What the operator sent for the pair of this number: what it applied, the workload last, and both statuses. */
export interface Sent {
  readonly objects: readonly Json[];
  readonly component: Json;
  readonly composition: Json;
}

/** Reads from the API server what the operator sent for one pair. */
export async function sentFor(client: TestClient, namespace: string, index: number): Promise<Sent> {
  const component = await client.get(paths.component(namespace, nameOf(index)));
  const composition = await client.get(paths.composition(namespace, nameOf(index)));
  const owned = await ownedBy(client, composition);
  const workload = (object: Json): number => (object.kind === "Deployment" ? 1 : 0);
  const objects = owned.map((object) => appliedBy(object, manager)).sort((a, b) => workload(a) - workload(b));
  return {
    objects,
    component: component.status,
    composition: composition.status,
  };
}

/**
 * The API server's own limit: a plain client that knows beforehand what to send, and sends for each pair what the operator
 * sent for one, beside a user who creates the pairs as before. Gives the seconds that it took.
 */
export async function measureCeiling(
  client: TestClient,
  {
    namespace,
    count,
    sent,
    create,
  }: {
    readonly namespace: string;
    readonly count: number;
    readonly sent: Sent;
    readonly create: (index: number) => Promise<unknown>;
  },
): Promise<number> {
  const rename = (object: Json, index: number): Json =>
    JSON.parse(JSON.stringify(object).replaceAll(nameOf(0), nameOf(index)));
  const started = performance.now();
  await forEach(
    count,
    async (index) => {
      await create(index);
      await writeStatus(client, paths.component(namespace, nameOf(index)), rename(sent.component, index));
      const [workload, ...rest] = sent.objects.toReversed().map((object) => rename(object, index));
      await Promise.all(rest.map((object) => apply(client, namespace, object)));
      await apply(client, namespace, workload);
      await writeStatus(client, paths.composition(namespace, nameOf(index)), rename(sent.composition, index));
    },
    20,
  );
  return (performance.now() - started) / 1000;
}

function apply(client: TestClient, namespace: string, object: Json): Promise<Json> {
  const { apiVersion, kind, metadata } = object;
  const root = apiVersion === "v1" ? "/api/v1" : `/apis/${apiVersion}`;
  return client.apply(`${root}/namespaces/${namespace}/${plurals[kind]}/${metadata.name}`, object, manager);
}

/** As the operator writes it. */
async function writeStatus(client: TestClient, path: string, status: Json): Promise<void> {
  const answer = await client.request("PATCH", `${path}/status?fieldManager=${manager}&fieldValidation=Strict`, {
    body: [{ op: "add", path: "/status", value: status }],
    contentType: "application/json-patch+json",
  });
  if (answer.status !== 200) throw new RangeError(`Cannot write a status: ${JSON.stringify(answer.body)}`);
}
