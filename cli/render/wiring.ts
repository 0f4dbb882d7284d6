import type { Wiring } from "../../wiring/spec.ts";
import type { Style } from "../terminal.ts";
import { columns, printable } from "../text.ts";

/** A table of what was wired: each instance, each of its imports and who serves it. What the host serves is one line. */
export function renderWiring(wiring: Wiring, style: Style): string {
  const rows = wiring.instances.flatMap(({ name, component }) => {
    const edges = wiring.edges.filter(({ from }) => from.instance === name);
    // An interface of types alone is imported without anybody serving it.
    const hosted = wiring.hostImports.filter((one) => one.instance === name && one.interface.startsWith("wasi:"));
    const imports = edges.map(({ from, to, how }) => [
      from.item,
      how === "Explicit" ? to.instance : `${to.instance} (found)`,
    ]);
    if (hosted.length > 0) imports.push([hostGroup(hosted.map((one) => one.interface)), "host"]);
    if (imports.length === 0) imports.push(["-", ""]);
    return imports.map(([item, from], index) =>
      [index === 0 ? name : "", index === 0 ? component : "", item!, from!].map(printable),
    );
  });
  const exported = wiring.exports.map(({ name, instance }) => ["(exports)", "", printable(name), printable(instance)]);
  const table = columns([["instance", "component", "import", "from"], ...rows, ...exported]);
  return `${table.map((line, index) => `  ${index === 0 ? style("dim", line) : line}`).join("\n")}\n`;
}

/** The packages only: what the host serves is a long list of small interfaces. */
function hostGroup(interfaces: readonly string[]): string {
  return [...new Set(interfaces.map((name) => name.split("/")[0]!))].sort().join(", ");
}
