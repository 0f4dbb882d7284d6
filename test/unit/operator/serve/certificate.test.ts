import { createPrivateKey, X509Certificate } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import type { KubeClient } from "../../../../operator/kube/client.ts";
import { makeLog } from "../../../../operator/log.ts";
import { type CertificateKeeper, serviceNames, startCertificate } from "../../../../operator/serve/certificate.ts";
import { authorityLife, leafLife } from "../../../../operator/serve/certificate-make.ts";
import { FakeClock } from "../../../support/clock.ts";
import { MemoryClient } from "./memory-client.ts";

const day = 86_400_000;
const service = { name: "tenon-operator", namespace: "tenon-system" };
const secretKey = "secrets tenon-system/tenon-tls";
const webhookKey = "validatingwebhookconfigurations tenon";

interface Bench {
  readonly client: MemoryClient;
  readonly clock: FakeClock;
  readonly lines: Record<string, unknown>[];
  readonly start: () => Promise<CertificateKeeper>;
}

function bench(
  options: { readonly client?: MemoryClient; readonly webhook?: string; readonly checkMs?: number } = {},
): Bench {
  const { client = new MemoryClient(), webhook, checkMs = 60_000 } = options;
  const clock = new FakeClock();
  const lines: Record<string, unknown>[] = [];
  const log = makeLog((line) => lines.push(JSON.parse(line)), { level: "info", now: () => clock.now() });
  const secret = { name: "tenon-tls", namespace: "tenon-system" };
  const start = () => startCertificate({ client: client.asClient(), clock, log, secret, service, webhook, checkMs });
  return { client, clock, lines, start };
}

/** Waits for what the keeper does by itself: keys are made in other threads, which no fake clock knows. */
async function advance({ clock }: Bench, keeper: CertificateKeeper, ms: number): Promise<void> {
  await clock.advance(ms);
  await keeper.check();
}

/** As a request that is never answered. */
function hang(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

const read = (client: MemoryClient, entry: string): string =>
  Buffer.from((client.stored(secretKey)!["data"] as Record<string, string>)[entry]!, "base64").toString();
const write = (client: MemoryClient, entry: string, value: string): void => {
  const stored = client.stored(secretKey)!;
  const data = { ...(stored["data"] as object), [entry]: Buffer.from(value).toString("base64") };
  client.put(secretKey, { ...stored, data });
};

describe("startCertificate()", () => {
  test("makes a Secret with an authority and a certificate that it signed, for all names of the Service", async () => {
    const { client, clock, start } = bench();
    const keeper = await start();
    const { certificate, key, authority } = keeper.current();
    keeper.stop();
    const [leaf, root] = [new X509Certificate(certificate), new X509Certificate(authority)];
    expect(leaf.verify(root.publicKey)).toBe(true);
    expect(leaf.checkIssued(root)).toBe(true);
    expect(leaf.checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect([leaf.ca, root.ca]).toEqual([false, true]);
    for (const name of serviceNames(service)) expect(leaf.checkHost(name, { subject: "never" })).toBe(name);
    expect(leaf.checkHost("other.tenon-system.svc")).toBeUndefined();
    expect(leaf.validToDate.getTime()).toBe(clock.now() + leafLife);
    expect(root.validToDate.getTime()).toBe(clock.now() + authorityLife);
    expect(client.stored(secretKey)).toMatchObject({ type: "kubernetes.io/tls" });
    expect([read(client, "tls.crt"), read(client, "tls.key"), read(client, "ca.crt")]).toEqual([
      certificate,
      key,
      authority,
    ]);
    expect(clock.pending).toBe(0);
  });
  test("uses what is there, and writes nothing while it is right", async () => {
    const first = bench();
    const one = await first.start();
    one.stop();
    const second = bench({ client: first.client, checkMs: day / 4 });
    const two = await second.start();
    await advance(second, two, 29 * day);
    expect(two.current()).toEqual(one.current());
    expect(first.client.writes()).toEqual([`create ${secretKey}`]);
    two.stop();
  });
  test("takes what another replica wrote at the same time", async () => {
    const { client, start } = bench();
    const other = bench({ client });
    let theirs: CertificateKeeper | undefined;
    client.before = async (call) => {
      if (!call.startsWith("create") || theirs !== undefined) return;
      client.before = () => {};
      theirs = await other.start();
    };
    const keeper = await start();
    expect(keeper.current()).toEqual(theirs!.current());
    keeper.stop();
    theirs!.stop();
  });
  test("gives up for now where others are always faster", async () => {
    const { client, start } = bench();
    const keeper = await start();
    keeper.stop();
    write(client, "tls.crt", "damaged");
    client.before = (call) => {
      if (call.startsWith("replace")) write(client, "tls.crt", "damaged");
    };
    await expect(bench({ client }).start()).rejects.toMatchObject({ name: "KubeError", code: "conflict" });
    expect(client.writes()).toHaveLength(6);
  });
  test("renews the certificate when a third of its time is left, under the same authority, and tells of it", async () => {
    const all = bench({ checkMs: day / 4 });
    const keeper = await all.start();
    const before = keeper.current();
    const seen: string[] = [];
    keeper.onChange(({ certificate }) => seen.push(certificate));
    await advance(all, keeper, 59 * day);
    expect(keeper.current()).toEqual(before);
    await advance(all, keeper, 2 * day);
    const after = keeper.current();
    expect(after.certificate).not.toBe(before.certificate);
    expect(after.authority).toBe(before.authority);
    expect(seen).toEqual([after.certificate]);
    expect(new X509Certificate(after.certificate).validToDate.getTime()).toBeGreaterThan(all.clock.now() + 89 * day);
    expect(all.lines.at(-1)).toMatchObject({
      level: "warn",
      message: "Renewed the certificate",
      renewed: "leaf",
      reason: "the certificate has a third of its time left",
    });
    keeper.stop();
  });
  test("prolongs the authority with its key, so that clients of the old one trust what the new one signs", async () => {
    const all = bench();
    const keeper = await all.start();
    const old = new X509Certificate(keeper.current().authority);
    all.clock.step((authorityLife * 2) / 3);
    await keeper.check();
    const { authority, certificate } = keeper.current();
    const [root, leaf] = [new X509Certificate(authority), new X509Certificate(certificate)];
    expect(authority).not.toBe(old.toString());
    expect(root.verify(root.publicKey)).toBe(true);
    expect([leaf.verify(old.publicKey), leaf.checkIssued(old), leaf.checkIssued(root)]).toEqual([true, true, true]);
    keeper.stop();
  });
  test("adopts what another replica renewed", async () => {
    const all = bench();
    const [one, two] = [await all.start(), await all.start()];
    const seen: string[] = [];
    two.onChange(({ certificate }) => seen.push(certificate));
    write(all.client, "tls.key", "damaged");
    await one.check();
    await two.check();
    expect(two.current()).toEqual(one.current());
    expect(seen).toEqual([one.current().certificate]);
    one.stop();
    two.stop();
  });
  test.each([
    ["tls.crt", "not a certificate", "leaf", "the certificate cannot be read"],
    ["tls.key", "not a key", "leaf", "the certificate cannot be read"],
    ["ca.crt", "not a certificate", "all", "the authority cannot be read"],
    ["ca.key", "not a key", "all", "the authority cannot be read"],
  ])("renews what is damaged: %s", async (entry, value, renewed, reason) => {
    const all = bench();
    const keeper = await all.start();
    const before = keeper.current();
    write(all.client, entry, value);
    await keeper.check();
    const after = keeper.current();
    expect(all.lines.at(-1)).toMatchObject({ message: "Renewed the certificate", renewed, reason });
    expect(after.authority === before.authority).toBe(renewed === "leaf");
    expect(new X509Certificate(after.certificate).verify(new X509Certificate(after.authority).publicKey)).toBe(true);
    keeper.stop();
  });
  test("renews a foreign pair, and leaves foreign entries, labels and the type of the Secret alone", async () => {
    const all = bench();
    const foreign = await bench().start();
    const own = await all.start();
    own.stop();
    foreign.stop();
    write(all.client, "tls.crt", foreign.current().certificate);
    write(all.client, "tls.key", foreign.current().key);
    const stored = all.client.stored(secretKey)!;
    all.client.put(secretKey, {
      ...stored,
      type: "Opaque",
      metadata: { ...stored.metadata, labels: { team: "a" } },
      data: { ...(stored["data"] as object), "keystore.jks": "AAAA" },
    });
    const keeper = await all.start();
    expect(all.lines.at(-1)).toMatchObject({ reason: "the certificate is not signed by the authority" });
    expect(all.client.stored(secretKey)).toMatchObject({
      type: "Opaque",
      metadata: { labels: { team: "a" } },
      data: { "keystore.jks": "AAAA" },
    });
    keeper.stop();
  });
  test("puts back what it uses when somebody deletes the Secret", async () => {
    const all = bench();
    const keeper = await all.start();
    all.client.objects.delete(secretKey);
    await keeper.check();
    expect(read(all.client, "tls.crt")).toBe(keeper.current().certificate);
    expect(read(all.client, "ca.crt")).toBe(keeper.current().authority);
    keeper.stop();
  });
  test("rejects where the Secret cannot be read at the start, and looks no more", async () => {
    const { KubeError } = await import("../../../../operator/kube/error.ts");
    const all = bench();
    all.client.before = () => {
      throw new KubeError("denied", "Cannot read the Secret", { status: 403 });
    };
    await expect(all.start()).rejects.toMatchObject({ code: "denied" });
    expect(all.clock.pending).toBe(0);
  });
  test("stops with its signal, where it hangs at the start too", async () => {
    const all = bench();
    const ending = new AbortController();
    const secret = { name: "tenon-tls", namespace: "tenon-system" };
    const log = makeLog(() => {}, { level: "error", now: Date.now });
    const options = { client: all.client.asClient(), clock: all.clock, log, secret, service, webhook: undefined };
    const keeper = await startCertificate({ ...options, signal: ending.signal });
    expect(all.clock.pending).toBe(1);
    ending.abort();
    expect(all.clock.pending).toBe(0);
    keeper.stop();
    const client = { get: (_: unknown, { signal }: { signal: AbortSignal }) => hang(signal) } as unknown as KubeClient;
    const starting = new AbortController();
    const started = startCertificate({ ...options, client, signal: starting.signal });
    starting.abort(new RangeError("told to end"));
    await expect(started).rejects.toMatchObject({ name: "AbortError" });
    await expect(startCertificate({ ...options, client, signal: ending.signal })).rejects.toMatchObject({
      name: "AbortError",
    });
    expect(all.clock.pending).toBe(0);
  });
  test("goes on with what it has, and tries again, while the API server fails", async () => {
    const { KubeError } = await import("../../../../operator/kube/error.ts");
    const all = bench();
    const keeper = await all.start();
    const before = keeper.current();
    all.client.before = () => {
      throw new KubeError("unavailable", "Cannot reach the API server", { status: 503 });
    };
    await all.clock.advance(10 * 60_000);
    expect(keeper.current()).toEqual(before);
    expect(all.lines.at(-1)).toMatchObject({ level: "warn", reason: "Cannot reach the API server" });
    all.client.before = () => {};
    all.client.objects.delete(secretKey);
    await all.clock.advance(70_000);
    expect(all.client.stored(secretKey)).toBeDefined();
    keeper.stop();
    await all.clock.advance(600_000);
    expect(all.clock.pending).toBe(0);
  });
});

describe("the CA bundle and the path of the webhook configuration", () => {
  const webhook = (name: string, clientConfig: object) => ({ name, clientConfig, sideEffects: "None" });
  const ours = (more: object = {}) => ({ service: { ...service, path: "/admission" }, ...more });
  const bundleOf = (client: MemoryClient) =>
    (client.stored(webhookKey)!["webhooks"] as { clientConfig: { caBundle?: string } }[]).map(
      ({ clientConfig: { caBundle } }) => caBundle && Buffer.from(caBundle, "base64").toString(),
    );

  test("gets the authority in webhooks of ours, once, and others are left alone", async () => {
    const all = bench({ webhook: "tenon" });
    all.client.put(webhookKey, {
      metadata: { name: "tenon" },
      webhooks: [
        webhook("a.tenon.dev", ours()),
        webhook("b.tenon.dev", { service: { ...service, name: "other" } }),
        webhook("c.tenon.dev", { url: "https://example.com" }),
      ],
    });
    const keeper = await all.start();
    await keeper.check();
    expect(bundleOf(all.client)).toEqual([keeper.current().authority, undefined, undefined]);
    expect(all.client.stored(webhookKey)!["webhooks"]).toMatchObject([
      { sideEffects: "None", clientConfig: { service: { ...service, path: keeper.admissionPath() } } },
      { clientConfig: { service: { name: "other" } } },
      { clientConfig: { url: "https://example.com" } },
    ]);
    expect(keeper.admissionPath()).toMatch(/^\/admission\/[0-9a-f]{64}$/);
    const [, other] = all.client.stored(webhookKey)!["webhooks"] as { clientConfig: { service: object } }[];
    expect(other!.clientConfig.service).not.toHaveProperty("path");
    expect(all.client.writes()).toEqual([`create ${secretKey}`, `patch ${webhookKey}`]);
    keeper.stop();
  });
  test("is repaired when somebody empties it", async () => {
    const all = bench({ webhook: "tenon" });
    all.client.put(webhookKey, { metadata: { name: "tenon" }, webhooks: [webhook("a.tenon.dev", ours())] });
    const keeper = await all.start();
    all.client.put(webhookKey, {
      metadata: { name: "tenon" },
      webhooks: [webhook("a.tenon.dev", ours({ caBundle: "" }))],
    });
    await all.clock.advance(70_000);
    expect(bundleOf(all.client)).toEqual([keeper.current().authority]);
    keeper.stop();
  });
  test("have the path repaired when somebody writes another one, and the port left alone", async () => {
    const all = bench({ webhook: "tenon" });
    const keeper = await all.start();
    const caBundle = Buffer.from(keeper.current().authority).toString("base64");
    const clientConfig = { service: { ...service, port: 8443, path: "/admission" }, caBundle };
    all.client.put(webhookKey, { metadata: { name: "tenon" }, webhooks: [webhook("a.tenon.dev", clientConfig)] });
    await all.clock.advance(70_000);
    expect(all.client.stored(webhookKey)!["webhooks"]).toEqual([
      webhook("a.tenon.dev", { service: { ...service, port: 8443, path: keeper.admissionPath() }, caBundle }),
    ]);
    keeper.stop();
  });
  test("have one path for all replicas, which stays when the authority is prolonged, and goes with its key", async () => {
    const all = bench();
    const [one, two] = [await all.start(), await all.start()];
    const first = one.admissionPath();
    expect(two.admissionPath()).toBe(first);
    write(all.client, "tls.key", "damaged");
    await one.check();
    all.clock.step((authorityLife * 2) / 3);
    await one.check();
    expect(one.admissionPath()).toBe(first);
    write(all.client, "ca.crt", "damaged");
    await one.check();
    expect(one.admissionPath()).not.toBe(first);
    one.stop();
    two.stop();
  });
  test("is no matter where there is no such configuration", async () => {
    const all = bench({ webhook: "tenon" });
    const keeper = await all.start();
    expect(all.client.writes()).toEqual([`create ${secretKey}`]);
    keeper.stop();
  });
  test("never overwrites a change that came between", async () => {
    const all = bench({ webhook: "tenon" });
    all.client.put(webhookKey, { metadata: { name: "tenon" }, webhooks: [webhook("a.tenon.dev", ours())] });
    all.client.before = (call) => {
      if (!call.startsWith("patch")) return;
      all.client.before = () => {};
      all.client.put(webhookKey, { metadata: { name: "tenon" }, webhooks: [webhook("new.tenon.dev", ours())] });
    };
    const keeper = await all.start();
    expect(all.client.stored(webhookKey)!["webhooks"]).toEqual([webhook("new.tenon.dev", ours())]);
    expect(all.lines.at(-1)).toMatchObject({ message: "Cannot look after the certificate, it is tried again" });
    await all.clock.advance(70_000);
    expect(bundleOf(all.client)).toEqual([keeper.current().authority]);
    keeper.stop();
  });
});
