import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { env } from "node:process";
import { describe, expect, test } from "@jest/globals";
import { lintChart, renderText } from "../../support/helm/chart.ts";
import { describeWithHelm } from "../../support/helm/suite.ts";

const folder = (name: string): string => join(import.meta.dirname, name);
const names = readdirSync(folder("values")).map((file) => basename(file, ".yaml"));

/** The CustomResourceDefinitions have a file of their own, and a test that compares them with it. */
function withoutDefinitions(text: string): string {
  return text
    .split(/^---\n/m)
    .filter((document) => !document.includes("\nkind: CustomResourceDefinition\n"))
    .join("---\n");
}

describeWithHelm("the chart", () => {
  describe.each(names)("the chart with values/%s.yaml", (name) => {
    const files = [join(folder("values"), `${name}.yaml`)];

    test("is as in golden/; UPDATE=1 rewrites it", async () => {
      const text = withoutDefinitions(await renderText({ files }));
      const golden = join(folder("golden"), `${name}.yaml`);
      if (env["UPDATE"] === "1") writeFileSync(golden, text);
      expect(text).toBe(readFileSync(golden, "utf8"));
    });

    test("passes helm lint --strict", async () => {
      expect(await lintChart({ files })).toContain("0 chart(s) failed");
    });
  });

  test("every golden file has its values", () => {
    expect(readdirSync(folder("golden")).map((file) => basename(file, ".yaml"))).toEqual(names);
  });
});
