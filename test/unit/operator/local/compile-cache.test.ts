import { expect, test } from "@jest/globals";
import { compileCacheOf } from "../../../../operator/local/compile-cache.ts";
import type { RunnerConfig } from "../../../../runner/config.ts";
import { workerFlags } from "../../../../runner/permissions.ts";

const makeConfig = (artifact: string) => ({ artifact, grants: {}, backends: {} }) as unknown as RunnerConfig;

test("compileCacheOf() gives no worker a folder to write that a worker of another artifact reads", () => {
  const [a, b] = [makeConfig("/cache/a"), makeConfig("/cache/b")];
  const written = workerFlags(a, compileCacheOf(a)).filter((flag) => flag.startsWith("--allow-fs-write="));
  expect(written).toContain("--allow-fs-write=/cache/a/node");
  const read = workerFlags(b, compileCacheOf(b)).map((flag) => flag.replace("-read=", "-write="));
  expect(written.filter((flag) => read.includes(flag) && !flag.endsWith("/proc/self/fd"))).toEqual([]);
});
