import { describe, expect, test } from "@jest/globals";
import { defaultLimits, type RunnerConfig } from "../../../runner/config.ts";
import { workerEnvironment, workerFlags } from "../../../runner/permissions.ts";

const config: RunnerConfig = {
  composition: "shop",
  artifact: "/artifact",
  listen: "",
  admin: "",
  call: true,
  isolation: "Instance",
  processes: 1,
  limits: defaultLimits,
  grants: {},
  backends: {},
};
const paths = (flags: readonly string[], what: "read" | "write") =>
  flags.flatMap((flag) => (flag.startsWith(`--allow-fs-${what}=`) ? [flag.slice(flag.indexOf("=") + 1)] : []));

describe("workerFlags()", () => {
  test("lets a worker without grants read its sources and its artifact, and write nothing", () => {
    const flags = workerFlags(config);
    expect(flags).toEqual(expect.arrayContaining(["--permission", "--disallow-code-generation-from-strings"]));
    expect(paths(flags, "read")).toEqual([expect.stringMatching(/\/$/), "/artifact", "/proc/self/fd"]);
    expect(paths(flags, "write")).toEqual([]);
    expect(flags.some((flag) => /child-process|addons|wasi|inspector/.test(flag))).toBe(false);
  });

  test("adds each mount, to write only where it is not read only", () => {
    const filesystem = [
      { path: "/srv/in", guestPath: "/in", readOnly: true },
      { path: "/srv/out", guestPath: "/out", readOnly: false },
    ];
    const flags = workerFlags({ ...config, grants: { cart: { filesystem } } });
    expect(paths(flags, "read")).toEqual(expect.arrayContaining(["/srv/in", "/srv/out"]));
    expect(paths(flags, "write")).toEqual(["/srv/out", "/proc/self/fd"]);
  });

  test("lets SQLite write beside its file", () => {
    const flags = workerFlags({ ...config, backends: { db: { keyvalue: { sqlite: { path: "/srv/db/a.sqlite" } } } } });
    expect(paths(flags, "write")).toEqual(["/srv/db", "/proc/self/fd"]);
  });
});

describe("workerEnvironment()", () => {
  test("passes on what Node reads, and nothing else", () => {
    expect(
      workerEnvironment({ TZ: "UTC", AWS_SECRET_ACCESS_KEY: "x", NODE_OPTIONS: "--require=x", HOME: "/root" }),
    ).toEqual({
      TZ: "UTC",
    });
  });
});
