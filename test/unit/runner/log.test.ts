import { describe, expect, test } from "@jest/globals";
import { makeLog } from "../../../runner/log.ts";

function makeTest(format: "pretty" | "json", colour = false) {
  const lines: string[] = [];
  const now = () => new Date("2026-11-24T12:00:00Z");
  return { lines, log: makeLog(format, { sink: (line) => lines.push(line), now, colour }) };
}

describe("makeLog()", () => {
  test("pretty puts the instance before the line", () => {
    const { lines, log } = makeTest("pretty");
    log.write("cart", "stdout", "hello");
    log.write("cart", "warn", "careful");
    expect(lines).toEqual(["cart           | hello\n", "cart           | WARN careful\n"]);
  });

  test("pretty gives an instance the same colour each time, and never colours the guest's text", () => {
    const { lines, log } = makeTest("pretty", true);
    log.write("cart", "stdout", "one");
    log.write("cart", "stdout", "two");
    const [one, two] = lines.map((line) => line.slice(0, line.indexOf("|")));
    expect(one).toBe(two);
    expect(one).toContain("\x1b[");
    expect(lines[0]!.endsWith("one\n")).toBe(true);
  });

  test("pretty escapes what could repaint a terminal or forge a line", () => {
    const { lines, log } = makeTest("pretty");
    log.write("cart", "stdout", "\x1b[2Jgone\ntenon | forged\x9b");
    expect(lines).toEqual(["cart           | \\x1b[2Jgone\\ntenon | forged\\x9b\n"]);
  });

  test("json writes one object a line", () => {
    const { lines, log } = makeTest("json");
    log.write("cart", "stderr", 'a "b"\nc');
    log.event("error", "It ended", { pid: 7 });
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { time: "2026-11-24T12:00:00.000Z", level: "info", instance: "cart", stream: "stderr", message: 'a "b"\nc' },
      { time: "2026-11-24T12:00:00.000Z", level: "error", pid: 7, message: "It ended" },
    ]);
    expect(lines.every((line) => line.indexOf("\n") === line.length - 1)).toBe(true);
  });

  test("cuts a line above 16 KiB", () => {
    const { lines, log } = makeTest("json");
    log.write("cart", "stdout", "x".repeat(20_000));
    expect(JSON.parse(lines[0]!).message).toBe(`${"x".repeat(16_384)}… (cut)`);
  });
});
