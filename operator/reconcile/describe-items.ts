import type { ComponentStatus } from "../../api/component.ts";
import { interfaceOf, parseName } from "../../wiring/match.ts";
import type { Item } from "../../wiring/table.ts";

type Described = NonNullable<ComponentStatus["imports"]>[number];

const maxItems = 1000;
const maxName = 512;

/** Imports or exports as `status` shows them, at most 1000; what WIT has no word for (core modules, values) is left out. */
export function describeItems(items: readonly Item[]): Described[] {
  return items.flatMap(describe).slice(0, maxItems);
}

function describe(item: Item): Described[] {
  const kind = kinds[item.kind];
  if (kind === undefined) return [];
  const { base, version } = parseName(interfaceOf(item));
  return [
    {
      name: item.name.slice(0, maxName),
      ...(item.kind === "instance" && base !== item.name ? { interface: base.slice(0, maxName) } : {}),
      ...(version === undefined ? {} : { version: version.slice(0, 128) }),
      kind,
    },
  ];
}

const kinds: Readonly<Partial<Record<Item["kind"], Described["kind"]>>> = {
  instance: "instance",
  func: "function",
  type: "type",
  resource: "type",
};
