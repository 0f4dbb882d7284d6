import type { Style } from "../terminal.ts";
import { columns, printable } from "../text.ts";
import { type Graph, type Node, packagesOf } from "./graph.ts";

/** A composition as a tree for a terminal: its exports, then every instance with what serves its imports. */
export function renderTree({ name, nodes, exports }: Graph, style: Style): string {
  const lines = [style("bold", printable(name))];
  const rows = columns(
    exports.map((added) => [printable(added.name), printable(added.instance)]),
    (cell, column) => (column === 0 ? cell : `${style("dim", "from")} ${style("cyan", cell)}`),
  );
  for (const row of rows) lines.push(`${style("dim", "├─")} ${style("green", "export")}  ${row}`);
  nodes.forEach((one, index) => void lines.push(...branch(one, index === nodes.length - 1, style)));
  return `${lines.join("\n")}\n`;
}

function branch({ instance, component, edges, hostImports }: Node, isLast: boolean, style: Style): string[] {
  const trunk = style("dim", isLast ? "   " : "│  ");
  const head = `${style("dim", isLast ? "└─" : "├─")} ${style(["cyan", "bold"], printable(instance))}  ${style("dim", printable(component))}`;
  const rows = edges.map(({ import: name, to, how }) => [
    printable(name),
    printable(to),
    how === "Implicit" ? "implicit" : "",
  ]);
  const served = columns(rows, (cell, column) => {
    if (column === 0) return cell;
    return column === 1 ? `${style("dim", "←")} ${style("cyan", cell)}` : style("dim", cell);
  });
  if (hostImports.length > 0) {
    const packages = printable(packagesOf(hostImports).join(", "));
    served.push(`${style("dim", "host ←")} ${packages} ${style("dim", `(${hostImports.length})`)}`);
  }
  return [head, ...served.map((row, at) => `${trunk}${style("dim", at === served.length - 1 ? "└─" : "├─")} ${row}`)];
}
