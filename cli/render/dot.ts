import { type Graph, packagesOf } from "./graph.ts";

/** A Graphviz digraph. Dashed lines are connections that were made implicitly. */
export function renderDot({ name, nodes, exports }: Graph): string {
  const lines = [
    `digraph ${text(name)} {`,
    "  rankdir=LR;",
    '  node [shape=box, style=rounded, fontname="sans-serif"];',
    '  edge [fontname="sans-serif", fontsize=10];',
    "  subgraph cluster_composition {",
    `    label=${text(name)};`,
  ];
  for (const { instance, component } of nodes)
    lines.push(`    ${node(instance)} [label=${text(`${instance}\n${component}`)}];`);
  for (const { instance, edges } of nodes) {
    for (const { import: imported, to, how } of edges) {
      const style = how === "Explicit" ? "" : ", style=dashed";
      lines.push(`    ${node(instance)} -> ${node(to)} [label=${text(imported)}${style}];`);
    }
  }
  lines.push("  }");
  for (const { name: exported, instance } of exports) {
    lines.push(`  ${text(`export ${exported}`)} [label=${text(exported)}, shape=oval];`);
    lines.push(`  ${text(`export ${exported}`)} -> ${node(instance)};`);
  }
  const hosted = nodes.filter(({ hostImports }) => hostImports.length > 0);
  if (hosted.length > 0) lines.push('  "host" [shape=cylinder, style=solid];');
  for (const { instance, hostImports } of hosted) {
    lines.push(`  ${node(instance)} -> "host" [label=${text(packagesOf(hostImports).join("\n"))}];`);
  }
  lines.push("}");
  return `${lines.join("\n")}\n`;
}

const node = (instance: string): string => text(`instance ${instance}`);

function text(value: string): string {
  const safe = value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
  return `"${safe.replaceAll(/[\p{Cc}\p{Cf}]/gu, "")}"`;
}
