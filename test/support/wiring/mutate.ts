import { type Func, type Interface, primitives, type Type } from "./interfaces.ts";
import type { Random } from "./random.ts";

/** What a change may look at. */
interface Site {
  readonly random: Random;
  readonly mutant: Interface;
  /** All functions, methods too. */
  readonly funcs: readonly Func[];
  /** One of them. */
  readonly owner: Func;
  /** Something with fields, cases or flags, if there is one. */
  readonly some: { k: string; fields: [string, Type | null][] } | undefined;
  /** Setters of every type that is used somewhere. */
  readonly slots: readonly ((type: Type) => void)[];
}

/** Small changes; some of them change nothing that matters. */
const changes: readonly (readonly [string, (site: Site) => void])[] = [
  ["nothing", () => {}],
  [
    "func renamed",
    ({ owner }) => {
      owner.name = `${owner.name}x`;
    },
  ],
  ["func removed", ({ mutant, random }) => void mutant.funcs.splice(random.below(mutant.funcs.length), 1)],
  ["func added", (site) => void site.mutant.funcs.push(extra(prim(site)))],
  ["funcs reordered", ({ mutant }) => void mutant.funcs.reverse()],
  [
    "param renamed",
    ({ owner }) =>
      owner.params.slice(0, 1).forEach((param) => {
        param[0] = "px";
      }),
  ],
  ["param added", (site) => void site.owner.params.push(["pp", prim(site)])],
  ["param removed", ({ owner }) => void owner.params.pop()],
  ["params swapped", ({ owner }) => void owner.params.reverse()],
  [
    "async toggled",
    ({ owner }) => {
      owner.async = !owner.async;
    },
  ],
  [
    "result toggled",
    (site) => {
      site.owner.result = site.owner.result === null ? prim(site) : null;
    },
  ],
  [
    "field renamed",
    ({ some }) =>
      some?.fields.slice(-1).forEach((field) => {
        field[0] += "x";
      }),
  ],
  ["field added", (site) => void site.some?.fields.push(["zz", site.some.k === "record" ? prim(site) : null])],
  ["field removed", ({ some }) => void ((some?.fields.length ?? 0) > 1 && some?.fields.pop())],
  ["fields swapped", ({ some }) => void some?.fields.reverse()],
  ["type changed", (site) => setSome(site, prim(site))],
  ["type wrapped", (site) => setSome(site, { k: "option", of: prim(site) })],
  [
    "list length",
    (site) => setSome(site, { k: "list", of: { k: "prim", name: "u8" }, length: 1 + site.random.below(3) }),
  ],
  ["resource to record", resourceToRecord],
  ["own and borrow", (site) => changeHandle(site, (type) => ({ ...type, k: type.k === "own" ? "borrow" : "own" }))],
  ["other resource", otherResource],
  ["type renamed", typeRenamed],
  ["alias put between", aliasPutBetween],
];

/** Changes a copy a little, and says how. */
export function mutate(random: Random, original: Interface): { readonly name: string; readonly mutant: Interface } {
  const mutant = structuredClone(original);
  const funcs = [...mutant.funcs, ...mutant.types.flatMap((type) => (type.k === "resource" ? type.funcs : []))];
  const some = mutant.types.filter((type) => "fields" in type);
  const site: Site = {
    random,
    mutant,
    funcs,
    owner: random.pick(funcs),
    some: some.length > 0 ? random.pick(some) : undefined,
    slots: slotsOf(mutant),
  };
  const [name, change] = random.pick(changes);
  change(site);
  return { name, mutant };
}

function prim({ random }: Site): Type {
  return { k: "prim", name: random.pick(primitives) };
}

function extra(type: Type): Func {
  return { name: "extra", async: false, params: [["a", type]], result: null };
}

function setSome({ random, slots }: Site, type: Type): void {
  if (slots.length > 0) random.pick(slots)(type);
}

type Handle = Extract<Type, { name: string }>;

function changeHandle({ funcs }: Site, change: (type: Handle) => Type): void {
  for (const param of funcs.flatMap(({ params }) => params)) {
    const [, type] = param;
    if (type.k !== "own" && type.k !== "borrow") continue;
    param[1] = change(type);
    return;
  }
}

function otherResource(site: Site): void {
  const all = site.mutant.types.filter(({ k }) => k === "resource");
  if (all.length > 0) changeHandle(site, (type) => ({ ...type, name: site.random.pick(all).name }));
}

function resourceToRecord(site: Site): void {
  const { mutant } = site;
  const index = mutant.types.findIndex(({ k }) => k === "resource");
  if (index < 0) return;
  const { name } = mutant.types[index]!;
  mutant.types[index] = { name, k: "record", fields: [["a", prim(site)]] };
  const text = JSON.stringify(mutant, (_, value) => {
    return value?.k === "borrow" && value.name === name ? { k: "named", name } : value;
  });
  Object.assign(mutant, JSON.parse(text));
}

function typeRenamed({ random, mutant }: Site): void {
  const { name } = random.pick(mutant.types);
  Object.assign(mutant, JSON.parse(JSON.stringify(mutant).replaceAll(`"name":"${name}"`, `"name":"${name}x"`)));
}

function aliasPutBetween(site: Site): void {
  site.mutant.types.push({ name: "al", k: "alias", of: prim(site) });
  site.mutant.funcs.push(extra({ k: "named", name: "al" }));
}

function slotsOf({ types, funcs }: Interface): ((type: Type) => void)[] {
  const slots: ((type: Type) => void)[] = [];
  const walk = (type: Type | null, set: (type: Type) => void): void => {
    if (type === null) return;
    slots.push(set);
    if (type.k === "tuple") {
      for (const [index, inner] of type.of.entries())
        walk(inner, (other) => {
          type.of[index] = other;
        });
    } else if (type.k === "result") {
      walk(type.ok, (other) => {
        type.ok = other;
      });
      walk(type.err, (other) => {
        type.err = other;
      });
    } else if ("of" in type)
      walk(type.of, (other) => {
        type.of = other;
      });
  };
  const visit = (func: Func): void => {
    for (const param of func.params)
      walk(param[1], (other) => {
        param[1] = other;
      });
    walk(func.result, (other) => {
      func.result = other;
    });
  };
  for (const type of types) {
    if (type.k === "record" || type.k === "variant") {
      for (const field of type.fields)
        walk(field[1], (other) => {
          field[1] = other;
        });
    } else if (type.k === "alias")
      walk(type.of, (other) => {
        type.of = other;
      });
    else if (type.k === "resource") type.funcs.forEach(visit);
  }
  funcs.forEach(visit);
  return slots;
}
