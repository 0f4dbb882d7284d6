import { describe, expect, test } from "@jest/globals";
import { makePolicy, parseDestination } from "../../../../../runner/host/http/allow.ts";

const to = (url: string) => {
  const [, scheme, authority] = /^(https?):\/\/([^/]*)$/.exec(url)!;
  return parseDestination(scheme as "http" | "https", authority!);
};
const allows = (allowedHosts: string[], url: string, allowedCIDRs: string[] = []) => {
  const destination = to(url);
  return destination !== undefined && makePolicy({ allowedHosts, allowedCIDRs }).permits(destination).allowed;
};

describe("parseDestination()", () => {
  test.each([
    ["http://Example.COM", { scheme: "http", host: "example.com", port: 80 }],
    ["https://example.com", { scheme: "https", host: "example.com", port: 443 }],
    ["http://example.com.:8080", { scheme: "http", host: "example.com", port: 8080 }],
    ["http://b\u00fccher.example", { scheme: "http", host: "xn--bcher-kva.example", port: 80 }],
    ["http://[::1]:81", { scheme: "http", host: "::1", port: 81 }],
    ["http://[0:0:0:0:0:0:0:1]", { scheme: "http", host: "::1", port: 80 }],
    ["http://%6cocalhost", { scheme: "http", host: "localhost", port: 80 }],
    ["http://\uff11\uff12\uff17.0.0.1", { scheme: "http", host: "127.0.0.1", port: 80 }],
  ] as const)("%s", (url, expected) => {
    expect(to(url)).toEqual(expected);
  });

  test.each([
    "http://",
    "http://user@example.com",
    "http://user:secret@example.com",
    "http://exa mple.com",
    "http://example.com:99999",
    "http://example.com\\@evil.com",
    "http://example.com#@evil.com",
    "http://[fe80::1%25eth0]",
    "http://[fe80::1%eth0]",
    "http://[::1",
    "http://.",
    "http://1.2.3.4.5",
    "http://256.0.0.1",
  ])("makes nothing of %s", (url) => {
    expect(to(url)).toBeUndefined();
  });
});

describe("patterns of allowedHosts", () => {
  test("nothing is allowed without a grant, and the reason says so", () => {
    for (const grant of [undefined, {}, { allowedHosts: [] }, { allowedCIDRs: ["0.0.0.0/0"] }]) {
      expect(makePolicy(grant).permits(to("https://example.com")!)).toEqual({
        allowed: false,
        refused: "host",
        reason: "the instance has no allowedHosts",
      });
    }
  });

  test.each([
    ["https://api.example.com", "https://api.example.com", true],
    ["https://api.example.com", "https://API.example.com.", true],
    ["https://api.example.com/", "https://api.example.com", true],
    ["https://api.example.com", "http://api.example.com", false],
    ["https://api.example.com", "https://api.example.com:8443", false],
    ["https://api.example.com", "https://example.com", false],
    ["https://api.example.com", "https://api.example.com.evil.com", false],
    ["https://api.example.com", "https://xapi.example.com", false],
    ["https://api.example.com:8443", "https://api.example.com:8443", true],
    ["https://api.example.com:443", "https://api.example.com", true],
    ["https://api.example.com:*", "https://api.example.com:1", true],
    ["api.example.com", "http://api.example.com", true],
    ["api.example.com", "https://api.example.com", true],
    ["api.example.com", "https://api.example.com:80", false],
    ["http://*.svc:8080", "http://shop.default.svc:8080", true],
    ["http://*.svc:8080", "http://svc:8080", false],
    ["http://*.svc:8080", "http://.svc:8080", false],
    ["http://*.svc:8080", "http://shop.svc.evil.com:8080", false],
    ["https://a*.example.com", "https://abc.example.com", true],
    ["https://a.example.com", "https://axexample.com", false],
    ["*", "https://example.com", true],
    ["*", "http://example.com:1234", true],
    ["https://*", "https://example.com", true],
    ["https://*", "http://example.com", false],
    ["https://*", "https://93.184.216.34", true],
    ["https://9*", "https://93.184.216.34", false],
    ["https://93.184.216.34", "https://93.184.216.34", true],
    ["https://93.184.216.34", "https://0x5d.0xb8.0xd8.0x22", true],
    ["https://[2606:2800:220:1::1]", "https://[2606:2800:0220:0001:0::1]", true],
  ])("%s with %s: %s", (pattern, url, expected) => {
    expect(allows([pattern], url)).toBe(expected);
  });

  test.each([
    "",
    "https://",
    "ftp://example.com",
    "https://example.com/path",
    "https://user@example.com",
    "a b",
    "https://example.com:99999",
    "https://example.com:x",
    "https://[::1",
  ])("refuses the pattern %j, naming the field", (pattern) => {
    expect(() => makePolicy({ allowedHosts: [pattern] })).toThrow(
      expect.objectContaining({ code: "bad-pattern", message: expect.stringContaining("grants.http.allowedHosts") }),
    );
  });
});

describe("ranges of addresses", () => {
  // Every spelling of an address that is not public, as the guest may write it.
  const denied = [
    "127.0.0.1",
    "127.1",
    "127.255.255.254",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "017700000001",
    "127.0.0.1.",
    "0",
    "0.0.0.0",
    "10.0.0.1",
    "0xa000001",
    "100.64.0.1",
    "100.127.255.255",
    "169.254.169.254",
    "2852039166",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "[::]",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:10.0.0.1]",
    "[::ffff:a9fe:a9fe]",
    "[::127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::a00:1]",
    "[64:ff9b:1::1]",
    "[100::1]",
    "[2001::1]",
    "[2001:db8::1]",
    "[2002:7f00:1::]",
    "[3fff::1]",
    "[5f00::1]",
    "[fc00::1]",
    "[fd12:3456::1]",
    "[fe80::1]",
    "[febf::1]",
    "[fec0::1]",
    "[ff02::1]",
  ];
  test.each(denied)("%s is refused under *", (host) => {
    const destination = to(`http://${host}`)!;
    expect(makePolicy({ allowedHosts: ["*"] }).permits(destination)).toMatchObject({
      allowed: false,
      refused: "address",
    });
  });

  test.each([
    "1.1.1.1",
    "93.184.216.34",
    "100.128.0.1",
    "172.32.0.1",
    "192.167.0.1",
    "[2606:4700::1111]",
    "[64:ff9b::101:101]",
    "[::ffff:1.1.1.1]",
  ])("%s is public", (host) => {
    expect(allows(["*"], `http://${host}`)).toBe(true);
  });

  test("a range makes exactly its addresses reachable, in both families and in mapped form", () => {
    const ranges = ["10.1.0.0/16", "fd00::/8", "127.0.0.1"];
    for (const host of ["10.1.2.3", "[::ffff:10.1.2.3]", "[fd12::1]", "127.0.0.1"])
      expect([host, allows(["*"], `http://${host}`, ranges)]).toEqual([host, true]);
    for (const host of ["10.2.0.1", "[fc00::1]", "127.0.0.2", "[::1]"])
      expect([host, allows(["*"], `http://${host}`, ranges)]).toEqual([host, false]);
  });

  test("a range alone allows no host", () => {
    expect(allows([], "http://10.1.2.3", ["10.0.0.0/8"])).toBe(false);
    expect(allows(["https://example.com"], "http://10.1.2.3", ["10.0.0.0/8"])).toBe(false);
  });

  test("resolved addresses are held against the ranges in every form that a resolver gives", () => {
    const policy = makePolicy({ allowedHosts: ["*"] });
    for (const address of ["127.0.0.1", "::1", "::ffff:127.0.0.1", "fe80::1%eth0", "64:ff9b::7f00:1", "", "localhost"])
      expect([address, policy.permitsAddress(address).allowed]).toEqual([address, false]);
    expect(policy.permitsAddress("1.1.1.1").allowed).toBe(true);
  });

  test.each([
    "10.0.0.0/33",
    "10.0.0.0/",
    "10.0.0.0/8/8",
    "10.0.0/8",
    "example.com",
    "",
    "fe80::/129",
    "fe80::1%eth0/64",
    "10.0.0.0/-1",
  ])("refuses the range %j, naming the field", (range) => {
    expect(() => makePolicy({ allowedCIDRs: [range] })).toThrow(
      expect.objectContaining({ code: "bad-range", message: expect.stringContaining("grants.http.allowedCIDRs") }),
    );
  });
});
