import { expect, test } from "@jest/globals";
import { renderWiring } from "../../../../cli/render/wiring.ts";
import type { Wiring } from "../../../../wiring/spec.ts";

const wiring: Wiring = {
  instances: [
    { name: "front", component: "web" },
    { name: "store", component: "database" },
    { name: "alone", component: "a\u001b[2Jb" },
  ],
  edges: [
    {
      from: { instance: "front", item: "shop:db/store" },
      to: { instance: "store", item: "shop:db/store" },
      how: "Implicit",
      field: "",
    },
  ],
  hostImports: [
    { instance: "store", item: "wasi:io/streams@0.2.0", interface: "wasi:io/streams@0.2.0", field: "" },
    { instance: "store", item: "wasi:cli/exit@0.2.0", interface: "wasi:cli/exit@0.2.0", field: "" },
    { instance: "store", item: "shop:db/types", interface: "shop:db/types", field: "" },
  ],
  exports: [{ instance: "front", item: "shop:web/page", name: "shop:web/page", field: "" }],
};

test("renderWiring() shows each import and who serves it, the host's by package, and no control characters", () => {
  expect(renderWiring(wiring, (_, text) => text)).toBe(
    [
      "  instance   component    import             from",
      "  front      web          shop:db/store      store (found)",
      "  store      database     wasi:cli, wasi:io  host",
      "  alone      a\\u{1b}[2Jb  -",
      "  (exports)               shop:web/page      front",
      "",
    ].join("\n"),
  );
});
