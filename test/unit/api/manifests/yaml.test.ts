import { describe, expect, test } from "@jest/globals";
import { maxDocument, maxText, readYaml } from "../../../../api/manifests/yaml.ts";

const findings = (text: string): string[] => {
  return readYaml(text, "f.yaml").findings.map(({ message, place }) => `${place.line}:${place.column} ${message}`);
};

describe("readYaml()", () => {
  test("reads each document", () => {
    const { documents } = readYaml("a: 1\n---\n- 2\n", "f.yaml");
    expect(documents.map(({ data }) => data)).toEqual([{ a: 1 }, [2]]);
  });

  test("keeps the sound documents of a text with a mistake in another", () => {
    const { documents, findings: found } = readYaml("a: 1\n---\nb: [\n---\nc: 3\n", "f.yaml");
    expect(documents.map(({ data }) => data)).toEqual([{ a: 1 }, { c: 3 }]);
    expect(found.map(({ place }) => place.line)).toEqual(found.map(() => 4));
    expect(found.length).toBeGreaterThan(0);
  });

  test("refuses duplicate keys, naming the second one", () => {
    expect(findings("a:\n  b: 1\n  c: 2\n  b: 3\n")).toEqual(['4:3 Already set above: "b"']);
    const [finding] = readYaml("a:\n  b: 1\n  b: 3\n", "f.yaml").findings;
    expect(finding?.place.path).toBe("a.b");
  });

  test("refuses keys that are not plain", () => {
    expect(findings("? [a]\n: 1\n")).toEqual(["1:3 Must be a plain key, not a map, a list or an alias"]);
  });

  test("expands an anchor, but not a bomb of them", () => {
    expect(readYaml("a: &x [1]\nb: *x\n", "f.yaml").documents[0]?.data).toEqual({ a: [1], b: [1] });
    const levels = Array.from({ length: 9 }, (_, level) => {
      return `l${level}: &l${level} [${
        level === 0
          ? "x"
          : Array(9)
              .fill(`*l${level - 1}`)
              .join(", ")
      }]`;
    });
    expect(findings(levels.join("\n"))).toEqual([
      "1:1 Cannot repeat anchors more than 100 times, or one that is not defined before",
    ]);
    expect(findings("a: *nowhere\n")).toHaveLength(1);
  });

  test("refuses deep nesting, and does not run out of stack over it", () => {
    expect(findings(`${"[".repeat(60)}1${"]".repeat(60)}`)).toEqual([]);
    expect(findings(`${"[".repeat(70)}1${"]".repeat(70)}`)).toEqual([
      "1:1 Cannot read a document that is nested deeper than 64 levels",
    ]);
    expect(findings("[".repeat(5000))).toEqual(["1:1 Cannot read a document that is nested deeper than 64 levels"]);
  });

  test("refuses a document of more than a mebibyte, but not many smaller ones", () => {
    const line = `a: ${"x".repeat(maxDocument - 10)}\n`;
    expect(findings(line)).toEqual([]);
    expect(findings(`${line}---\n${line}`)).toEqual([]);
    expect(findings(`b: 1\n---\na: ${"x".repeat(maxDocument)}\n`)[0]).toMatch(
      /^2:1 Cannot read a document of more than 1048576 characters: /,
    );
    expect(findings("x".repeat(maxText + 1))[0]).toMatch(/^1:1 Cannot read more than 16777216 characters: /);
  });

  test("stops at twenty mistakes a document", () => {
    expect(findings("a: 1\n".repeat(100))).toHaveLength(20);
  });
});
