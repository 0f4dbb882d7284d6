import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { readLines } from "../../../../operator/kube/lines.ts";

async function* chunked(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (let index = 0; at < bytes.length; index++) {
    const size = Math.max(sizes[index % Math.max(sizes.length, 1)] ?? bytes.length, 1);
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function collect(text: string, sizes: readonly number[], longest = 1_000): Promise<string[]> {
  const lines: string[] = [];
  const options = { longest, tooLong: () => new RangeError("too long") };
  for await (const line of readLines(chunked(Buffer.from(text), sizes), options)) lines.push(line);
  return lines;
}

describe("readLines()", () => {
  test("gives the same lines however the bytes are cut, in the middle of characters too", async () => {
    const line = fc.string({ unit: "grapheme" }).map((text) => text.replaceAll("\n", ""));
    await fc.assert(
      fc.asyncProperty(fc.array(line), fc.array(fc.nat(5), { minLength: 1 }), async (lines, sizes) => {
        const text = lines.map((each) => `${each}\n`).join("");
        expect(await collect(text, sizes)).toEqual(lines.filter((each) => each !== ""));
      }),
    );
  });

  test("leaves out a last line that did not end", async () => {
    expect(await collect("a\nb", [1])).toEqual(["a"]);
  });

  test("refuses a line that is too long, in one chunk or in many, ended or not", async () => {
    for (const text of ["12345\n", "12345", "a\n12345\n"]) {
      for (const sizes of [[1], [100]]) {
        await expect(collect(text, sizes, 4)).rejects.toThrow("too long");
        await expect(collect(text, sizes, 5)).resolves.toBeDefined();
      }
    }
  });

  test("takes no more of an endless line than the limit", async () => {
    let given = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        given += 100;
        yield Buffer.alloc(100, 97);
      }
    }
    const lines = readLines(endless(), { longest: 1_000, tooLong: () => new RangeError("too long") });
    await expect(lines.next()).rejects.toThrow("too long");
    expect(given).toBe(1_100);
  });
});
