import { describe, expect, test } from "@jest/globals";
import { makeTerminal, withProgress } from "../../../cli/terminal.ts";

const terminal = (isTTY: boolean, env: Record<string, string> = {}) => {
  const written: string[] = [];
  const sink = { isTTY, write: (chunk: string | Uint8Array) => void written.push(String(chunk)) };
  return { ...makeTerminal({ stdout: sink, stderr: sink, env, cwd: "/" }), written };
};

describe("makeTerminal()", () => {
  test.each([
    ["a terminal", true, {}, true],
    ["a pipe", false, {}, false],
    ["NO_COLOR", true, { NO_COLOR: "1" }, false],
    ["an empty NO_COLOR", true, { NO_COLOR: "" }, true],
    ["TERM=dumb", true, { TERM: "dumb" }, false],
    ["FORCE_COLOR on a pipe", false, { FORCE_COLOR: "1" }, true],
    ["FORCE_COLOR=0 on a pipe", false, { FORCE_COLOR: "0" }, false],
    ["NO_COLOR before FORCE_COLOR", true, { NO_COLOR: "1", FORCE_COLOR: "1" }, false],
  ])("colours for %s: %s", (_, isTTY, env, colours) => {
    const { style } = terminal(isTTY, env as Record<string, string>);
    expect(style.out("red", "x")).toBe(colours ? "\u001b[31mx\u001b[39m" : "x");
    expect(style.out("red", "")).toBe("");
  });
});

describe("withProgress()", () => {
  test("says nothing about short work, and hands on what it returned or threw", async () => {
    const { written, ...quiet } = terminal(true);
    expect(await withProgress(quiet, "Working", async () => 7)).toBe(7);
    await expect(
      withProgress(quiet, "Working", async () => Promise.reject(new RangeError("no"))),
    ).rejects.toMatchObject({ message: "no" });
    expect(written).toEqual([]);
  });

  test.each([
    [true, /^\r\S+ Working…$/],
    [false, /^Working…\n$/],
  ])("says once a second has passed what is done (terminal: %s)", async (isTTY, first) => {
    const { written, ...noisy } = terminal(isTTY, { NO_COLOR: "1" });
    // The work ends when something was said: no assertion here depends on how fast this machine is.
    await withProgress(noisy, "Working", async () => {
      while (written.length === 0) await new Promise((done) => setTimeout(done, 20));
    });
    expect(written[0]).toMatch(first);
    expect(written.at(-1)).toBe(isTTY ? "\r\u001b[K" : "Working…\n");
  });
});
