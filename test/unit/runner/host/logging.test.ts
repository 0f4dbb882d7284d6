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
