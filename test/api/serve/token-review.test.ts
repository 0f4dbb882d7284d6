import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { systemClock } from "../../../operator/clock.ts";
import { tokenAudience } from "../../../operator/desired/paths.ts";
import type { KubeClient } from "../../../operator/kube/client.ts";
import { createKubeClient } from "../../../operator/kube/create-client.ts";
import { makeLog } from "../../../operator/log.ts";
import { Authenticator } from "../../../operator/serve/token-review.ts";
import { operatorRules } from "../../support/api-server/operator-rules.ts";
import { type ApiServer, startApiServer } from "../../support/api-server/server.ts";

const log = makeLog(() => {}, { level: "error", now: Date.now });
let api: ApiServer;
let client: KubeClient;
let namespace: string;
beforeAll(async () => {
  api = await startApiServer({ crds: false });
  namespace = await api.addNamespace();
  const user = await api.addUser("operator", operatorRules(namespace));
  client = createKubeClient({ kubeconfig: user.kubeconfig, clock: systemClock, log });
}, 120_000);
afterAll(async () => {
  await client?.close();
  await api?.stop();
});

const accountPath = (name: string): string => `/api/v1/namespaces/${namespace}/serviceaccounts/${name}`;
async function tokenFor(name: string, audiences: readonly string[]): Promise<string> {
  await api.client.apply(accountPath(name), { apiVersion: "v1", kind: "ServiceAccount", metadata: { name } });
  const { status } = await api.client.create(`${accountPath(name)}/token`, {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    spec: { audiences, expirationSeconds: 3600 },
  });
  return status.token;
}
const authenticator = (): Authenticator =>
  new Authenticator({ client, clock: systemClock, log, audience: tokenAudience, isRunner: () => true });

describe("Authenticator on a real API server", () => {
  test("knows a runner by the token that its pod would have", async () => {
    const token = await tokenFor("shop-runner", [tokenAudience]);
    expect(await authenticator().authenticate(token)).toEqual({
      kind: "known",
      serviceAccount: { namespace, name: "shop-runner" },
    });
  });
  test("refuses a token for the API server, one with a forged signature, and one of a deleted ServiceAccount", async () => {
    const other = await tokenFor("shop-runner", ["https://kubernetes.default.svc"]);
    expect(await authenticator().authenticate(other)).toEqual({ kind: "refused" });
    const token = await tokenFor("shop-runner", [tokenAudience]);
    const forged = `${token.slice(0, token.lastIndexOf(".") + 1)}${"A".repeat(342)}`;
    expect(await authenticator().authenticate(forged)).toEqual({ kind: "refused" });
    const gone = await tokenFor("gone-runner", [tokenAudience]);
    await api.client.delete(accountPath("gone-runner"));
    expect(await authenticator().authenticate(gone)).toEqual({ kind: "refused" });
  });
  test("asks the API server a few times however many bad tokens come", async () => {
    const token = await tokenFor("shop-runner", [tokenAudience]);
    const since = await api.audit.mark();
    const one = authenticator();
    const head = token.slice(0, token.lastIndexOf(".") + 1);
    const verdicts = await Promise.all(
      Array.from({ length: 2000 }, (_, index) => one.authenticate(`${head}${String(index).padStart(342, "A")}`)),
    );
    expect(verdicts.filter(({ kind }) => kind === "known")).toEqual([]);
    const asked = verdicts.filter(({ kind }) => kind === "refused").length;
    expect(asked).toBeGreaterThan(0);
    const reviews = (await api.audit.requests({ user: "operator", since })).filter(
      ({ resource }) => resource === "tokenreviews",
    );
    expect(reviews.length).toBeLessThanOrEqual(40);
  });
});
