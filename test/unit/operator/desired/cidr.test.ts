import { describe, expect, test } from "@jest/globals";
import { parseRange } from "../../../../operator/desired/cidr.ts";

describe("parseRange()", () => {
  test.each([
    ["10.0.0.0/8", "10.0.0.0/8"],
    ["10.1.2.3/8", "10.0.0.0/8"],
    ["1.2.3.4/32", "1.2.3.4/32"],
    ["255.255.255.255/0", "0.0.0.0/0"],
    ["FD00:0:0::1/8", "fd00::/8"],
    ["::/0", "::/0"],
    ["2001:db8::ffff/112", "2001:db8::/112"],
    ["::ffff:1.2.3.4/128", "::ffff:102:304/128"],
    ["1:2:3:4:5:6:7:8/127", "1:2:3:4:5:6:7:8/127"],
  ])("writes %s without bits behind its prefix: %s", (given, cidr) => {
    expect(parseRange(given)).toEqual({ family: cidr.includes(":") ? 6 : 4, cidr });
  });

  test.each([
    "",
    "10.0.0.0",
    "10.0.0.0/33",
    "010.0.0.1/8",
    "256.0.0.0/8",
    "1.2.3/8",
    "fd00::/129",
    ":::/8",
    "::1::/8",
    "a/8",
  ])("takes no %s", (given) => expect(parseRange(given)).toBeUndefined());
});
