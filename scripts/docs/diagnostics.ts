import { diagnosticTexts } from "./diagnostic-texts.ts";

/** Longer lines of an example say nothing more. */
const maxLine = 220;

/** Every code as a section; `readExample` gives what is said of a fixture. Throws where a fixture does not show its code. */
export function renderDiagnostics(readExample: (fixture: string) => string): string {
  return Object.entries(diagnosticTexts)
    .map(([code, { meaning, cure, example }]) => {
      const shown = example === undefined ? [] : ["```text", exampleOf(code, readExample(example), example), "```", ""];
      return [`### ${code}`, "", meaning, "", ...shown, `**Cure:** ${cure}`].join("\n");
    })
    .join("\n\n");
}

function exampleOf(code: string, text: string, fixture: string): string {
  const findings = text.trimEnd().split(/\n(?=\S)/);
  const found = findings.find((one) => one.startsWith(`error[${code}]`) || one.startsWith(`warning[${code}]`));
  if (found === undefined) throw new RangeError(`Cannot show ${code}, the fixture does not have it: ${fixture}`);
  return found
    .trimEnd()
    .split("\n")
    .map((line) => (line.length > maxLine ? `${line.slice(0, maxLine)}…` : line))
    .join("\n");
}
