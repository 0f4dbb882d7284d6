import { describe, expect, test } from "@jest/globals";
import { Trap } from "../../../../runner/host/host.ts";
import { Network, socketsInterfaces } from "../../../../runner/host/sockets.ts";
import { bound, hostInstance, refusal } from "./bound.ts";

describe("sockets without a grant", () => {
  const attempts = [
    ["tcp-create-socket", "create-tcp-socket", ["ipv4"]],
    ["udp-create-socket", "create-udp-socket", ["ipv6"]],
    ["ip-name-lookup", "resolve-addresses", [new Network(), "example.com"]],
  ] as const;

  test.each(attempts)("%s: %s is access-denied", async (name, func, args) => {
    const call = bound(socketsInterfaces, `wasi:sockets/${name}`);
    expect(await refusal(() => call(func, ...args))).toBe("access-denied");
  });

  test("say so in the log once for each instance", async () => {
    const [one, two] = [hostInstance(), hostInstance()];
    for (const host of [one, one, two]) {
      for (const [name, func, args] of attempts) {
        await refusal(() => bound(socketsInterfaces, `wasi:sockets/${name}`, host)(func, ...args));
      }
    }
    expect(one.lines).toEqual([
      ["guest", "warn", "Cannot create a TCP socket: this runner gives no sockets to guests"],
    ]);
    expect(two.lines.length).toBe(1);
  });

  test("have every method of a socket, and no way to reach one", () => {
    const tcp = bound(socketsInterfaces, "wasi:sockets/tcp");
    expect(() => tcp("[method]tcp-socket.start-connect", {}, {}, {})).toThrow(Trap);
    const udp = bound(socketsInterfaces, "wasi:sockets/udp");
    expect(() => udp("[method]incoming-datagram-stream.receive", {}, 1n)).toThrow(Trap);
  });

  test("give a network that opens nothing", () => {
    expect(bound(socketsInterfaces, "wasi:sockets/instance-network")("instance-network")).toBeInstanceOf(Network);
    expect(bound(socketsInterfaces, "wasi:sockets/network")("network-error-code", {})).toBe(undefined);
  });
});
