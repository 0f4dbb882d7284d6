import type { IncomingMessage } from "node:http";
import { describe, expect, test } from "@jest/globals";
import { makeForeignCheck } from "../../../../runner/serve/foreign.ts";

const check = (listen: string, headers: Record<string, string>) =>
  makeForeignCheck(listen)({ headers } as unknown as IncomingMessage);

describe("makeForeignCheck()", () => {
  test.each(["localhost:8080", "LOCALHOST", "127.0.0.1:8080", "127.0.0.1:9000", "[::1]:8080", "shop.localhost:8080"])(
    "on a loopback address takes the host %s",
    (host) => {
      expect(check("127.0.0.1:8080", { host })).toBeUndefined();
      expect(check("[::1]:8080", { host })).toBeUndefined();
      expect(check("localhost:8080", { host })).toBeUndefined();
    },
  );

  test.each(["evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example", "192.168.0.7:8080", "a b", ""])(
    "on a loopback address refuses the host %p",
    (host) => {
      expect(check("127.0.0.1:8080", { host })).toContain("host");
    },
  );

  test("on another address takes any host", () => {
    expect(check("0.0.0.0:8080", { host: "shop.example" })).toBeUndefined();
    expect(check("8080", { host: "10.0.0.7:8080" })).toBeUndefined();
  });

  test.each(["0.0.0.0:8080", "127.0.0.1:8080"])("on %s takes the own origin and refuses others", (listen) => {
    const host = "localhost:8080";
    expect(check(listen, { host, origin: "http://localhost:8080" })).toBeUndefined();
    for (const origin of ["https://evil.example", "http://localhost:3000", "null", ""]) {
      expect(check(listen, { host, origin })).toContain("origin");
    }
  });
});
