import { describe, expect, test } from "@jest/globals";
import type { Library, Resolved } from "../../../../operator/fetch/library.ts";
import type { KubeObject } from "../../../../operator/kube/object.ts";
import { decideStep } from "../../../../operator/reconcile/decide-step.ts";
import { beginRun, type LiveComposition, type Run } from "../../../../operator/reconcile/run.ts";
import type { TypeTable } from "../../../../wiring/table.ts";
import { compositionOf } from "../../../support/local/composition.ts";
import { func, instance, table } from "../../../support/wiring/tables.ts";

const greet = (result: string) => instance({ greet: func({ name: "string" }, result) });
const client = table({ imports: { "x:y/greeter": greet("string") }, exports: { "x:y/front": greet("string") } });
const server = table({ exports: { "x:y/greeter": greet("string") } });
const serverWithOtherType = table({ exports: { "x:y/greeter": greet("u8") } });
const clientWithOtherFront = table({
  imports: { "x:y/greeter": greet("string") },
  exports: { "x:y/front": greet("u8") },
});
const clientWithMore = table({
  imports: { "x:y/greeter": greet("string") },
  exports: { "x:y/front": greet("string"), "x:y/more": greet("string") },
});

const spec = (onBreaking: string, exports = "front") => `instances:
- { name: client, component: { name: client } }
- { name: server, component: { name: server } }
exports: [{ name: "x:y/${exports}", from: "client/x:y/${exports}" }]
upgradePolicy: { onBreaking: ${onBreaking} }`;

const resolved = (digest: string, of: TypeTable): Resolved => ({ digest, revision: undefined, size: 1, table: of });

interface World {
  readonly policy?: string;
  readonly exports?: string;
  /** Digest and types as they are now. */
  readonly client: Resolved;
  readonly server: Resolved;
  /** Digests that run; undefined: nothing does. */
  readonly running?: { readonly client: string; readonly server: string };
  readonly kept?: Readonly<Record<string, TypeTable>>;
}

async function decide(world: World): Promise<{ run: Run; outcome: unknown; warnings: string[] }> {
  const { running, kept = { c1: client, s1: server } } = world;
  const manifest = compositionOf(spec(world.policy ?? "Block", world.exports)) as LiveComposition;
  const instances = (["client", "server"] as const).map((name) => ({
    name,
    component: name,
    digest: running?.[name] ?? "",
    state: "Unknown" as const,
  }));
  const status = running === undefined ? {} : { artifact: { digest: "sha256:a", size: 1 }, instances };
  const run = beginRun({ ...manifest, status }, new AbortController().signal);
  run.components = new Map([
    ["client", world.client],
    ["server", world.server],
  ]);
  const warnings: string[] = [];
  const library = { types: async (digest: string) => kept[digest] } as Library;
  const warn = (_: KubeObject, reason: string, note: string) => warnings.push(`${reason}: ${note}`);
  return { run, warnings, outcome: await decideStep(run, { library, warn }) };
}

const running = { client: "c1", server: "s1" };
const same = { client: resolved("c1", client), server: resolved("s1", server) };
const brokenServer = { ...same, server: resolved("s2", serverWithOtherType) };
const otherFront = { ...same, client: resolved("c2", clientWithOtherFront) };

describe("decideStep()", () => {
  test("stalls on what does not fit, where nothing runs yet: there is nothing to hold back", async () => {
    const { outcome, run } = await decide(brokenServer);
    expect(outcome).toMatchObject({ kind: "stalled", reason: "WiringInvalid" });
    expect(run.found.get("WiringValid")).toMatchObject({ status: "False", reason: "WiringInvalid" });
  });

  test.each(["Block", "Warn", "Allow"])(
    "keeps the old version of what cannot be composed any more, under %s",
    async (policy) => {
      const { outcome, run } = await decide({ ...brokenServer, running, policy });
      expect(outcome).toEqual({ kind: "done" });
      expect(run.components.get("server")?.digest).toBe("s1");
      expect(run.judgement?.valid).toBe(true);
      expect(run.heldBack).toMatchObject({ kind: "stalled", reason: "UpgradeBlocked" });
      const { message } = run.heldBack as { message: string };
      expect(message).toContain('Cannot upgrade component "server" from s1 to s2');
      expect(message).toContain("Change the spec to fit it, or go back to the old version");
    },
  );

  test("holds back what changes an export under callers, where the policy is Block", async () => {
    const { run } = await decide({ ...otherFront, running });
    expect(run.components.get("client")?.digest).toBe("c1");
    expect((run.heldBack as { message: string }).message).toContain(
      "Set spec.upgradePolicy.onBreaking to Warn to roll it out",
    );
  });

  test("rolls it out with a warning under Warn, and in silence under Allow", async () => {
    const warned = await decide({ ...otherFront, running, policy: "Warn" });
    expect([warned.run.heldBack, warned.run.components.get("client")?.digest]).toEqual([undefined, "c2"]);
    expect(warned.warnings).toEqual([expect.stringMatching(/^BreakingUpgrade: .*"client" from c1 to c2/)]);
    const allowed = await decide({ ...otherFront, running, policy: "Allow" });
    expect([allowed.run.heldBack, allowed.run.components.get("client")?.digest, allowed.warnings]).toEqual([
      undefined,
      "c2",
      [],
    ]);
  });

  test("rolls out what breaks nothing", async () => {
    const { run, warnings } = await decide({ ...same, client: resolved("c2", clientWithMore), running });
    expect([run.heldBack, run.components.get("client")?.digest, warnings]).toEqual([undefined, "c2", []]);
  });

  test("takes new bytes that the spec was changed to fit: with the old ones it would not hold", async () => {
    const { run, outcome } = await decide({
      ...same,
      client: resolved("c2", clientWithMore),
      running,
      exports: "more",
    });
    expect(outcome).toEqual({ kind: "done" });
    expect([run.heldBack, run.components.get("client")?.digest]).toEqual([undefined, "c2"]);
  });

  test("where the old types are lost, what does not fit is said, and what runs is left alone", async () => {
    const { outcome, run } = await decide({ ...brokenServer, running, kept: {} });
    expect(outcome).toMatchObject({ kind: "stalled", reason: "WiringInvalid" });
    expect(run.status.artifact?.digest).toBe("sha256:a");
  });

  test("where the old types are lost, what fits is rolled out, with a warning that it could not be compared", async () => {
    const upgrade = { ...same, client: resolved("c2", clientWithMore), running, kept: {} };
    const { outcome, warnings } = await decide(upgrade);
    expect([outcome, warnings]).toEqual([{ kind: "done" }, [expect.stringMatching(/^BreakingUpgrade: .*are lost/)]]);
    expect((await decide({ ...upgrade, policy: "Allow" })).warnings).toEqual([]);
  });
});
