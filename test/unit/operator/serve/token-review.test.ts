import { describe, expect, test } from "@jest/globals";
import type { KubeClient } from "../../../../operator/kube/client.ts";
import { KubeError } from "../../../../operator/kube/error.ts";
import { makeLog } from "../../../../operator/log.ts";
import { readClaims } from "../../../../operator/serve/claims.ts";
import { Authenticator } from "../../../../operator/serve/token-review.ts";
import { FakeClock } from "../../../support/clock.ts";
import { tokenOf } from "./token.ts";

const audience = "tenon.dev/artifacts";
const runner = "system:serviceaccount:shop:pages-runner";
const stranger = "system:serviceaccount:shop:default";

interface Spec {
  readonly token: string;
  readonly audiences: readonly string[];
}

/** An authenticator over an API server that answers what `answer` says. */
function bench(answer?: (spec: Spec) => unknown) {
  const clock = new FakeClock();
  const lines: string[] = [];
  const asked: Spec[] = [];
  const good = ({ token, audiences }: Spec): unknown => ({
    authenticated: true,
    audiences,
    user: { username: readClaims(token)!.subject },
  });
  const client: Pick<KubeClient, "create"> = {
    create: async <T>(resource: { readonly plural: string }, object: object) => {
      expect(resource.plural).toBe("tokenreviews");
      const { spec } = object as { readonly spec: Spec };
      asked.push(spec);
      return { status: await (answer ?? good)(spec) } as T;
    },
  };
  const authenticator = new Authenticator({
    client: client as KubeClient,
    clock,
    log: makeLog((line) => lines.push(line), { level: "debug", now: () => clock.now() }),
    audience,
    isRunner: ({ namespace, name }) => namespace === "shop" && name.endsWith("-runner"),
  });
  const token = (claims: object = {}): string =>
    tokenOf({ sub: runner, aud: [audience], exp: clock.now() / 1000 + 3600, ...claims });
  return { clock, lines, asked, authenticator, token };
}

const known = { kind: "known", serviceAccount: { namespace: "shop", name: "pages-runner" } };

describe("Authenticator", () => {
  test("asks the API server about a token for our audience, and says whose it is", async () => {
    const { authenticator, token, asked } = bench();
    expect(await authenticator.authenticate(token())).toEqual(known);
    expect(asked).toEqual([{ token: token(), audiences: [audience] }]);
  });
  test.each<[string, unknown]>([
    ["not authenticated", { authenticated: false }],
    ["no verdict", undefined],
    ["another audience", { authenticated: true, audiences: ["kubernetes"], user: { username: runner } }],
    ["no audience, as a server that knows none", { authenticated: true, user: { username: runner } }],
    ["a user", { authenticated: true, audiences: [audience], user: { username: "admin" } }],
    ["a node", { authenticated: true, audiences: [audience], user: { username: "system:node:a" } }],
    ["no user", { authenticated: true, audiences: [audience] }],
  ])("refuses what the API server says: %s", async (_, status) => {
    const { authenticator, token } = bench(() => status);
    expect(await authenticator.authenticate(token())).toEqual({ kind: "refused" });
  });
  test("believes the API server and not the token", async () => {
    const { authenticator, token } = bench(({ audiences }) => ({
      authenticated: true,
      audiences,
      user: { username: stranger },
    }));
    expect(await authenticator.authenticate(token())).toEqual({
      kind: "known",
      serviceAccount: { namespace: "shop", name: "default" },
    });
  });
  test.each([
    ["no JWT", "abc"],
    ["two parts", "a.b"],
    ["no JSON inside", "a.YWJj.c"],
    ["null inside", `a.${Buffer.from("null").toString("base64url")}.c`],
    ["no subject", tokenOf({ aud: audience })],
    ["another subject", tokenOf({ sub: "system:node:a", aud: audience })],
    ["a malformed subject", tokenOf({ sub: "system:serviceaccount:a:b:c", aud: audience })],
    ["no audience", tokenOf({ sub: runner })],
    ["another audience", tokenOf({ sub: runner, aud: ["kubernetes"] })],
    ["too long", tokenOf({ sub: runner, aud: [audience], jti: "x".repeat(20_000) })],
  ])("refuses without asking what can be no good token: %s", async (_, token) => {
    const { authenticator, asked } = bench();
    expect(await authenticator.authenticate(token)).toEqual({ kind: "refused" });
    expect(asked).toEqual([]);
  });
  test("remembers a good verdict for a minute, and a bad one for ten seconds", async () => {
    let authenticated = true;
    const { authenticator, token, asked, clock } = bench(({ audiences }) => ({
      authenticated,
      audiences,
      user: { username: runner },
    }));
    const good = token({ exp: clock.now() / 1000 + 7200 });
    await authenticator.authenticate(good);
    authenticated = false;
    clock.step(59_000);
    expect(await authenticator.authenticate(good)).toEqual(known);
    clock.step(1000);
    expect(await authenticator.authenticate(good)).toEqual({ kind: "refused" });
    authenticated = true;
    clock.step(9000);
    expect(await authenticator.authenticate(good)).toEqual({ kind: "refused" });
    clock.step(1000);
    expect(await authenticator.authenticate(good)).toEqual(known);
    expect(asked).toHaveLength(3);
  });
  test("remembers no token beyond its life", async () => {
    const { authenticator, token, asked, clock } = bench();
    const short = token({ exp: clock.now() / 1000 + 5 });
    await authenticator.authenticate(short);
    clock.step(4999);
    await authenticator.authenticate(short);
    expect(asked).toHaveLength(1);
    clock.step(1);
    await authenticator.authenticate(short);
    expect(asked).toHaveLength(2);
  });
  test("asks once for many requests with one token at once", async () => {
    const { authenticator, token, asked } = bench();
    const verdicts = await Promise.all(Array.from({ length: 50 }, () => authenticator.authenticate(token())));
    expect(new Set(verdicts.map(({ kind }) => kind))).toEqual(new Set(["known"]));
    expect(asked).toHaveLength(1);
  });
  test("says to try again, and remembers nothing, where the API server does not answer", async () => {
    let error: unknown = new KubeError("throttled", "Too many requests", { status: 429, retryAfterMs: 7000 });
    const { authenticator, token, asked, lines } = bench(() => {
      throw error;
    });
    expect(await authenticator.authenticate(token())).toEqual({ kind: "unasked", retryAfterMs: 7000 });
    error = new KubeError("throttled", "Too many requests", { status: 429, retryAfterMs: 7_000_000 });
    expect(await authenticator.authenticate(token())).toEqual({ kind: "unasked", retryAfterMs: 60_000 });
    error = new TypeError("broken");
    expect(await authenticator.authenticate(token())).toEqual({ kind: "unasked", retryAfterMs: 2000 });
    expect(asked).toHaveLength(3);
    expect(lines.join("")).not.toContain(token());
  });
  test("asks a few times a second however many bad tokens come, and lets runners through meanwhile", async () => {
    const { authenticator, token, asked, clock } = bench(({ token: sent, audiences }) => ({
      authenticated: readClaims(sent)!.subject === "system:serviceaccount:shop:other-runner",
      audiences,
      user: { username: "system:serviceaccount:shop:other-runner" },
    }));
    let unasked = 0;
    for (let second = 0; second < 10; second++) {
      for (let index = 0; index < 1000; index++) {
        const jti = `${second}-${index}`;
        const sub = index % 2 === 0 ? stranger : `system:serviceaccount:shop${index}:x`;
        unasked += (await authenticator.authenticate(token({ sub, jti }))).kind === "unasked" ? 1 : 0;
      }
      clock.step(1000);
    }
    expect(asked.length).toBeLessThanOrEqual(15);
    expect(unasked).toBe(10_000 - asked.length);
    // Forged tokens of a runner hold up this runner, and no other.
    for (let index = 0; index < 1000; index++) await authenticator.authenticate(token({ jti: index }));
    expect(asked.length).toBeLessThanOrEqual(35);
    expect((await authenticator.authenticate(token({ jti: "late" }))).kind).toBe("unasked");
    const other = await authenticator.authenticate(token({ sub: "system:serviceaccount:shop:other-runner" }));
    expect(other.kind).toBe("known");
    clock.step(1000);
    expect((await authenticator.authenticate(token({ jti: "later" }))).kind).toBe("refused");
  });
  test("bounds the questions of all runners together", async () => {
    const { authenticator, token, asked } = bench();
    for (let index = 0; index < 1000; index++)
      await authenticator.authenticate(token({ sub: `system:serviceaccount:shop:a${index}-runner` }));
    expect(asked).toHaveLength(100);
  });
});

describe("readClaims()", () => {
  test("reads one audience or several, and a life without an end", () => {
    expect(readClaims(tokenOf({ sub: "a", aud: "b" }))).toEqual({
      subject: "a",
      audiences: ["b"],
      expiresAt: Number.POSITIVE_INFINITY,
    });
    expect(readClaims(tokenOf({ sub: "a", aud: ["b", 7, "c"], exp: 10 }))).toEqual({
      subject: "a",
      audiences: ["b", "c"],
      expiresAt: 10_000,
    });
  });
});
