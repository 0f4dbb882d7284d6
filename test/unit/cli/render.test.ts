import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { renderDot } from "../../../cli/render/dot.ts";
import { type Graph, packagesOf } from "../../../cli/render/graph.ts";
import { renderMermaid } from "../../../cli/render/mermaid.ts";
import { renderRemarks, summarize } from "../../../cli/render/remarks.ts";
import { renderTree } from "../../../cli/render/tree.ts";
import type { Style } from "../../../cli/terminal.ts";
import type { Remark } from "../../../operator/local/remark.ts";
import { withFolder } from "../../support/local/folder.ts";

const plain: Style = (_, text) => text;

const graph: Graph = {
  name: "user-api",
  exports: [{ name: "example:http/auth", instance: "auth" }],
  nodes: [
    {
      instance: "auth",
      component: "authentication",
      edges: [
        { import: "wasi:keyvalue/store", to: "db", how: "Explicit" },
        { import: "example:logger/log", to: "log", how: "Implicit" },
      ],
      hostImports: ["wasi:io/poll@0.2.0", "wasi:io/streams@0.2.0", "wasi:cli/stdout@0.2.0"],
    },
    { instance: "db", component: "user-database", edges: [], hostImports: [] },
    { instance: "log", component: 'lo"g<b>', edges: [], hostImports: ["wasi:io/poll@0.2.0"] },
  ],
};

describe("renderTree()", () => {
  test("draws exports, instances, what serves them, and the host", () => {
    expect(renderTree(graph, plain)).toBe(
      `user-api
├─ export  example:http/auth  from auth
├─ auth  authentication
│  ├─ wasi:keyvalue/store  ← db   
│  ├─ example:logger/log   ← log  implicit
│  └─ host ← wasi:cli, wasi:io (3)
├─ db  user-database
└─ log  lo"g<b>
   └─ host ← wasi:io (1)
`.replace("← db   \n", "← db\n"),
    );
  });
});

describe("renderMermaid()", () => {
  test("draws a flowchart, and lets no name end its quotes", () => {
    expect(renderMermaid(graph)).toBe(`flowchart LR
  e0(["example:http/auth"]) --> i0
  subgraph composition ["user-api"]
    i0["auth<br>authentication"]
    i1["db<br>user-database"]
    i2["log<br>lo#quot;g&lt;b&gt;"]
    i0 -->|"wasi:keyvalue/store"| i1
    i0 -.->|"example:logger/log"| i2
  end
  host[("host")]
  i0 -->|"wasi:cli<br>wasi:io"| host
  i2 -->|"wasi:io"| host
`);
  });
});

describe("renderDot()", () => {
  test("draws a digraph, and lets no name end its quotes", () => {
    expect(renderDot(graph)).toBe(`digraph "user-api" {
  rankdir=LR;
  node [shape=box, style=rounded, fontname="sans-serif"];
  edge [fontname="sans-serif", fontsize=10];
  subgraph cluster_composition {
    label="user-api";
    "instance auth" [label="auth\\nauthentication"];
    "instance db" [label="db\\nuser-database"];
    "instance log" [label="log\\nlo\\"g<b>"];
    "instance auth" -> "instance db" [label="wasi:keyvalue/store"];
    "instance auth" -> "instance log" [label="example:logger/log", style=dashed];
  }
  "export example:http/auth" [label="example:http/auth", shape=oval];
  "export example:http/auth" -> "instance auth";
  "host" [shape=cylinder, style=solid];
  "instance auth" -> "host" [label="wasi:cli\\nwasi:io"];
  "instance log" -> "host" [label="wasi:io"];
}
`);
  });
});

describe("packagesOf()", () => {
  test("names each package once", () => {
    expect(packagesOf(["wasi:io/poll@0.2.0", "wasi:cli/stdout", "wasi:io/streams@0.2.6", "log"])).toEqual([
      "log",
      "wasi:cli",
      "wasi:io",
    ]);
  });
});

const remark: Remark = {
  severity: "error",
  code: "type-mismatch",
  message: 'The types differ (from "db")',
  place: { file: "api.yaml", line: 2, column: 5, path: "spec.connections[0]" },
  interface: "acme:users/query@1.2.0",
  item: "page.limit",
  expected: "u32",
  found: "u64",
  hint: "Build it again",
};

describe("renderRemarks()", () => {
  const render = (remarks: readonly Remark[], text: string): Promise<string> =>
    withFolder({}, async (cwd) => {
      await writeFile(join(cwd, "api.yaml"), text);
      return renderRemarks(remarks, { style: plain, cwd });
    });

  test("shows the line with a mark, what was expected and found, and what to do", async () => {
    expect(await render([remark], "spec:\n    from: a/b\n")).toBe(`error[type-mismatch]: The types differ (from "db")
  ╭─ api.yaml:2:5  spec.connections[0]
 2│      from: a/b
  │      ▲
  │  at        acme:users/query@1.2.0#page.limit
  │  expected  u32
  │  found     u64
  ╰─ hint Build it again
`);
  });

  test("needs neither a line nor a hint", async () => {
    const bare: Remark = { severity: "note", code: "local", message: "Nothing here", place: { file: "gone.yaml" } };
    expect(await render([bare, bare], "")).toBe(`note: Nothing here
  ╭─ gone.yaml

note: Nothing here
  ╭─ gone.yaml
`);
  });

  test("keeps the mark below its column beside tabs and long numbers, and cuts long lines", async () => {
    const lines = `${"a: 1\n".repeat(1233)}\tb: ${"x".repeat(500)}\n`;
    const out = await render(
      [{ severity: "error", code: "local", message: "M", place: { file: "api.yaml", line: 1234, column: 2 } }],
      lines,
    );
    const [, , source, mark] = out.split("\n") as [string, string, string, string];
    expect(source.startsWith("1234│   b: xxx")).toBe(true);
    expect(source.length).toBeLessThan(140);
    expect(mark).toBe(`    │   ▲`);
  });

  test("lets nothing of an input move the cursor", async () => {
    const out = await render([{ ...remark, message: "a\u001b[2J", hint: "b\u001b[2J" }], "x\n\u001b[31mred\n");
    expect(out).not.toContain("\u001b");
  });
});

describe("summarize()", () => {
  test("counts errors and warnings, not notes", () => {
    const of = (severity: Remark["severity"]): Remark => ({ ...remark, severity });
    expect(summarize([of("error"), of("note"), of("warning"), of("error")])).toBe("2 errors, 1 warning");
    expect(summarize([of("note")])).toBe("");
  });
});
