import { expect, test } from "@jest/globals";
import { loggingInterfaces } from "../../../../runner/host/logging.ts";
import { bound, hostInstance } from "./bound.ts";

test.each(["", "0.1.0-draft"])("log() of version %j writes a line a line, with its context", (version) => {
  const host = hostInstance({}, { instance: "auth" });
  const call = bound(loggingInterfaces, "wasi:logging/logging", host, { version });
  call("log", "warn", "", "plain");
  call("log", "critical", "db", "first\nsecond");
  expect(host.lines).toEqual([
    ["auth", "warn", "plain"],
    ["auth", "critical", "db: first"],
    ["auth", "critical", "db: second"],
  ]);
});

test("log() cuts a message of more than 64 KiB or 1000 lines, and says so", () => {
  const host = hostInstance();
  const call = bound(loggingInterfaces, "wasi:logging/logging", host, { version: "" });
  call("log", "info", "", "\n".repeat(20_000_000));
  expect(host.lines).toHaveLength(1001);
  expect(host.lines.at(-1)).toEqual(["guest", "info", "… (cut)"]);
  host.lines.length = 0;
  call("log", "info", "c".repeat(1_000_000), "m".repeat(1_000_000));
  expect(host.lines.map(([, , line]) => line.length)).toEqual([256 + 2 + 64 * 1024, 256 + 2 + 7]);
});

test.each([
  ["1000 lines", "\n".repeat(999), 1000],
  ["64 KiB", "m".repeat(64 * 1024), 1],
])("log() writes a message of %s whole", (_what, message, count) => {
  const host = hostInstance();
  bound(loggingInterfaces, "wasi:logging/logging", host, { version: "" })("log", "info", "", message);
  expect(host.lines.map(([, , line]) => line).join("\n")).toBe(message);
  expect(host.lines).toHaveLength(count);
});
