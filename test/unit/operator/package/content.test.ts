import { describe, expect, test } from "@jest/globals";
import { sha256 } from "../../../../operator/digest.ts";
import { kinds, seal, unseal } from "../../../../operator/package/content.ts";

const content = Buffer.from("content");
const hex = sha256(content);

describe("unseal()", () => {
  test.each(kinds)("gives what was sealed as %s", (kind) => {
    expect(unseal(kind, hex, Buffer.from(seal(kind, content)))?.toString()).toBe("content");
    expect(unseal(kind, hex, Buffer.from(seal(kind, "content")))?.toString()).toBe("content");
  });

  test.each(kinds)("gives nothing for a byte that changed, one that is missing and one too many, in %s", (kind) => {
    const sealed = Buffer.from(seal(kind, content));
    for (let at = 0; at < sealed.length; at++) {
      const changed = Buffer.from(sealed);
      changed[at]! ^= 1;
      // The newline after the seal is only for people.
      if (sealed[at] !== 0x0a) expect(unseal(kind, hex, changed)).toBeUndefined();
    }
    expect(unseal(kind, hex, sealed.subarray(0, -1))).toBeUndefined();
    expect(unseal(kind, hex, Buffer.concat([sealed, Buffer.from("x")]))).toBeUndefined();
    expect(unseal(kind, hex, Buffer.alloc(0))).toBeUndefined();
  });

  test("takes a name for the digest where it is one, and not where it is not", () => {
    expect(unseal("blobs", sha256("other"), content)).toBeUndefined();
    expect(unseal("keys", sha256("any key"), Buffer.from(seal("keys", content)))?.toString()).toBe("content");
  });
});
