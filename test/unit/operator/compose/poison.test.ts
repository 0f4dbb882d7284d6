import { describe, expect, test } from "@jest/globals";
import type { ComposerErrorCode } from "../../../../composer/error.ts";
import { Poison } from "../../../../operator/compose/poison.ts";
import { FakeClock } from "../../../support/clock.ts";

const content = (text: string, about = "inspect") => ({ about, parts: [Buffer.from(text)] });
const failure = (code: ComposerErrorCode) => ({ code, stage: "inspect", message: `it was ${code}` }) as const;
const make = (limit = 10) => {
  const clock = new FakeClock();
  return { clock, poison: new Poison(limit, clock) };
};

describe("Poison", () => {
  test.each(["aborted", "deadline", "memory-limit"] as const)("remembers a call that ended by %s", (code) => {
    const { poison } = make();
    expect(poison.find(content("a"))).toBeUndefined();
    poison.note(content("a"), failure(code));
    expect(poison.find(content("a"))).toEqual(failure(code));
  });

  test.each(["closed", "invalid-component", "too-large"] as const)("does not remember %s", (code) => {
    const { poison } = make();
    poison.note(content("a"), failure(code));
    expect(poison.find(content("a"))).toBeUndefined();
  });

  test("knows a call by all of its content", () => {
    const { poison } = make();
    poison.note({ about: "compose", parts: [Buffer.from("ab"), Buffer.from("c")] }, failure("aborted"));
    expect(poison.find({ about: "compose", parts: [Buffer.from("ab"), Buffer.from("c")] })).toBeDefined();
    expect(poison.find({ about: "compose", parts: [Buffer.from("a"), Buffer.from("bc")] })).toBeUndefined();
    expect(poison.find({ about: "compose", parts: [Buffer.from("ab"), Buffer.from("d")] })).toBeUndefined();
    expect(poison.find({ about: "flatten", parts: [Buffer.from("ab"), Buffer.from("c")] })).toBeUndefined();
  });

  test("tries a missed deadline again after ten minutes, a panic never", async () => {
    const { poison, clock } = make();
    poison.note(content("slow"), failure("deadline"));
    poison.note(content("bad"), failure("aborted"));
    await clock.advance(10 * 60_000 - 1);
    expect(poison.find(content("slow"))).toBeDefined();
    await clock.advance(1);
    expect(poison.find(content("slow"))).toBeUndefined();
    expect(poison.find(content("bad"))).toBeDefined();
  });

  test("holds as many as it may, and forgets what was asked for longest ago", () => {
    const { poison } = make(2);
    for (const text of ["a", "b"]) poison.note(content(text), failure("aborted"));
    expect(poison.find(content("a"))).toBeDefined();
    poison.note(content("c"), failure("aborted"));
    expect(["a", "b", "c"].map((text) => poison.find(content(text)) !== undefined)).toEqual([true, false, true]);
  });
});
