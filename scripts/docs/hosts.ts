import type { Hosted } from "../../runner/host/catalogue.ts";

/** The hosted interfaces as a table of Markdown. */
export function renderHosts(catalogue: readonly Hosted[]): string {
  const rows = catalogue.map(({ name, versions, grant }) => {
    const spoken = versions.map((version) => (version === "" ? "without a version" : `\`${version}\``)).join(", ");
    return `| \`${name}\` | ${spoken} | ${grant === "none" ? "none needed" : `\`${grant}\``} |`;
  });
  return ["| interface | versions | grant |", "| --- | --- | --- |", ...rows].join("\n");
}
