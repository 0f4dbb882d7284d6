import { type Graph, packagesOf } from "./graph.ts";

/** A Mermaid flowchart, as GitHub and others draw it in Markdown. Dotted lines are connections that were made implicitly. */
export function renderMermaid({ name, nodes, exports }: Graph): string {
  const ids = new Map(nodes.map(({ instance }, index) => [instance, `i${index}`]));
  const lines = ["flowchart LR"];
  exports.forEach(({ name: exported, instance }, index) => {
    lines.push(`  e${index}([${text(exported)}]) --> ${ids.get(instance)}`);
  });
  lines.push(`  subgraph composition [${text(name)}]`);
  for (const { instance, component } of nodes)
    lines.push(`    ${ids.get(instance)}[${text(`${instance}\n${component}`)}]`);
  for (const { instance, edges } of nodes) {
    for (const { import: name, to, how } of edges) {
      lines.push(`    ${ids.get(instance)} ${how === "Explicit" ? "-->" : "-.->"}|${text(name)}| ${ids.get(to)}`);
    }
  }
  lines.push("  end");
  const hosted = nodes.filter(({ hostImports }) => hostImports.length > 0);
  if (hosted.length > 0) lines.push(`  host[(${text("host")})]`);
  for (const { instance, hostImports } of hosted) {
    lines.push(`  ${ids.get(instance)} -->|${text(packagesOf(hostImports).join("\n"))}| host`);
  }
  return `${lines.join("\n")}\n`;
}

/** Text in quotes; Mermaid reads entities in it, and HTML. */
function text(value: string): string {
  const safe = value
    .replaceAll("&", "&amp;")
    .replaceAll('"', "#quot;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll("\n", "<br>")
    .replaceAll(/[\p{Cc}\p{Cf}]/gu, "");
  return `"${safe}"`;
}
