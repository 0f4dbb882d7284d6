import { BodyPrinter, Homes } from "./body.ts";
import { Lines } from "./lines.ts";
import { interfaceOf } from "./match.ts";
import { identifier, packageOf, wordOf } from "./names.ts";
import { exportsOf, type Item, type TypeTable } from "./table.ts";

/**
 * The world of a component as WIT text, as `wasm-tools component wit` shows it: the world first, then the packages that
 * it names. Bounded: what is longer than `maxLength` characters (65,536 when left out) ends with a comment that says so.
 * What WIT cannot say (nested instances, core modules) is a comment.
 */
export function printWorld(table: TypeTable, options: { readonly maxLength?: number } = {}): string {
  const lines = new Lines(options.maxLength ?? 65_536);
  const interfaces = collectInterfaces(table);
  const body = new BodyPrinter(table, lines, new Homes(table));
  lines.add(0, "package root:component;");
  lines.add(0, "");
  lines.add(0, "world root {");
  // An exported plain type has no form of its own in WIT: the functions that use it show it.
  const exports = table.exports.filter(({ kind }) => kind !== "type" && kind !== "resource");
  const world = body.scope("", [...table.imports, ...exports]);
  for (const item of table.imports) addWorldItem("import", item);
  for (const item of exports) addWorldItem("export", item);
  lines.add(0, "}");
  for (const [name, names] of Map.groupBy(interfaces.keys(), packageOf)) {
    if (lines.full) break;
    lines.add(0, "");
    lines.add(0, `package ${name} {`);
    for (const each of names)
      addInterface(`interface ${identifier(wordOf(each))}`, each, [...interfaces.get(each)!.values()]);
    lines.add(0, "}");
  }
  return lines.finish();

  function addWorldItem(verb: "import" | "export", item: Item): void {
    if (lines.full) return;
    const name = identifier(item.name);
    if (item.kind === "type" || item.kind === "resource") body.addType(1, world, item);
    else if (item.kind === "func") lines.add(1, `${verb} ${world.printer.item(item)};`);
    else if (item.kind !== "instance") lines.add(1, `// ${verb} ${item.kind} ${item.name}`);
    else if (item.implements !== undefined) lines.add(1, `${verb} ${name}: ${item.implements};`);
    else if (item.name.includes("/")) lines.add(1, `${verb} ${item.name};`);
    else addInterface(`${verb} ${name}: interface`, item.name, exportsOf(table, item));
  }

  function addInterface(title: string, place: string, items: readonly Item[]): void {
    lines.add(1, `${title} {`);
    body.addItems(2, body.scope(place, items));
    lines.add(1, "}");
  }
}

/** By interface name and item name; what is both imported and exported is the union. */
function collectInterfaces(table: TypeTable): Map<string, Map<string, Item>> {
  const found = new Map<string, Map<string, Item>>();
  for (const item of [...table.imports, ...table.exports]) {
    const place = interfaceOf(item);
    if (item.kind !== "instance" || !place.includes("/")) continue;
    const known = found.get(place) ?? new Map<string, Item>();
    found.set(place, known);
    for (const inner of exportsOf(table, item)) {
      if (!known.has(inner.name)) known.set(inner.name, inner);
    }
  }
  return found;
}
