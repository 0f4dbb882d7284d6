import { describe, expect, test } from "@jest/globals";
import { type LogLevel, makeLog } from "../../../operator/log.ts";

function start(level: LogLevel) {
  const lines: string[] = [];
  const log = makeLog((line) => lines.push(line), { level, now: () => Date.UTC(2026, 0, 1) });
  return { log, lines };
}

describe("makeLog()", () => {
  test("writes one JSON object a line, with the fields of the log and of the line", () => {
    const { log, lines } = start("info");
    log.with({ controller: "composition" }).with({ key: "shop/cart" }).info("Applied\nall", { objects: 3 });
    expect(lines).toEqual([
      '{"time":"2026-01-01T00:00:00.000Z","level":"info","message":"Applied\\nall","controller":"composition","key":"shop/cart","objects":3}',
    ]);
  });

  test("leaves out a field that is undefined", () => {
    const { log, lines } = start("info");
    log.info("x", { kubeconfig: undefined });
    expect(JSON.parse(lines[0]!)).not.toHaveProperty("kubeconfig");
  });

  test.each([
    ["debug", ["debug", "info", "warn", "error"]],
    ["info", ["info", "warn", "error"]],
    ["warn", ["warn", "error"]],
    ["error", ["error"]],
  ] as const)("writes at level %s what matters as much", (level, wanted) => {
    const { log, lines } = start(level);
    for (const at of ["debug", "info", "warn", "error"] as const) log.with({ a: 1 })[at]("x");
    expect(lines.map((line) => JSON.parse(line).level)).toEqual(wanted);
  });
});
