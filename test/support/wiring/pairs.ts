import { decide } from "../../../wiring/decide.ts";
import { formatDiagnostic } from "../../../wiring/diagnostic.ts";
import { diffComponents, findBreakages } from "../../../wiring/diff.ts";
import { makeInterface, printInterface } from "./interfaces.ts";
import type { Built, Workshop } from "./judge.ts";
import { mutate } from "./mutate.ts";
import { Random } from "./random.ts";
import { type Report, Tally } from "./report.ts";

/**
 * Pairs of a consumer and a provider whose interface was changed a little: both verdicts, and `diff`: a change that it
 * holds for harmless breaks no pair, and the breakages that it finds are exactly the pairs that are refused.
 */
export async function runPairs(shop: Workshop, options: { count: number; seed: number }): Promise<Report> {
  const tally = new Tally();
  for (let index = 0; tally.tried < options.count && tally.skipped < 10 * options.count; index++) {
    const random = new Random(options.seed * 1_000_003 + index);
    const original = makeInterface(random);
    const { name, mutant } = mutate(random, original);
    const [before, after] = [printInterface(original), printInterface(mutant)];
    const built = await buildPair(shop, before, after);
    if (built === undefined) {
      tally.skip();
      continue;
    }
    const { tables, bytes } = built;
    const decision = decide(pairOf("need", "give"), tables);
    const verdict = await shop.compose(decision.attempt, bytes);
    const describe = () =>
      [
        `${index} ${name}`,
        before,
        "---",
        after,
        ...decision.diagnostics.map(formatDiagnostic),
        verdict.ok ? "" : verdict.reason,
      ].join("\n");
    tally.add(decision.valid, verdict.ok, describe);

    const changed = tables.get("give")!;
    const breaks = diffComponents(tables.get("old")!, changed).some(({ breaking }) => breaking);
    const breakages = findBreakages({
      component: "old",
      after: changed,
      components: tables,
      compositions: [pairOf("need", "old")],
    });
    // A change may break nobody here: the consumer's import has no types that its functions do not use.
    if ((!breaks && !decision.valid) || breakages.length > 0 === decision.valid) tally.disagree(`diff: ${describe()}`);
  }
  return tally.report();
}

function pairOf(consumer: string, provider: string) {
  const instances = [
    { name: "a", component: consumer },
    { name: "b", component: provider },
  ];
  return { name: "app", instances };
}

async function buildPair(shop: Workshop, before: string, after: string): Promise<Built | undefined> {
  const world = (verb: string, body: string) => {
    return {
      kind: "wit",
      text: `package t:w;\nworld w { ${verb} t:i/x; }\npackage t:i {\n  interface x {\n    ${body}\n  }\n}`,
    } as const;
  };
  try {
    const sources = { need: world("import", before), old: world("export", before), give: world("export", after) };
    const built = await shop.build(new Map(Object.entries(sources)));
    if (built.unreadable.size > 0) return undefined;
    const [need, give] = [built.tables.get("need")!, built.tables.get("give")!];
    return need.imports.length === 0 || give.exports.length === 0 ? undefined : built;
  } catch {
    return undefined;
  }
}
