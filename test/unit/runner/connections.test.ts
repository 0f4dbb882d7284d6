import net, { type Socket } from "node:net";
import { afterEach, describe, expect, test } from "@jest/globals";
import { Connections, parseAddress, type Receiver } from "../../../runner/connections.ts";

/** Takes connections and answers each with its own name. */
class FakeReceiver implements Receiver {
  open = true;
  readonly name: string;
  readonly held: { socket: Socket; taken: () => void }[] = [];
  acknowledges = true;
  constructor(name: string) {
    this.name = name;
  }
  receive(socket: Socket, taken: () => void): void {
    this.open = false;
    this.held.push({ socket, taken });
    if (!this.acknowledges) return;
    // In one process there is no second copy to answer on, so it answers before it is taken.
    socket.write(this.name, () => {
      this.open = true;
      taken();
    });
  }
}

let connections: Connections;
let receivers: FakeReceiver[] = [];
afterEach(() => connections.destroy());

async function listen(...names: readonly string[]): Promise<number> {
  receivers = names.map((name) => new FakeReceiver(name));
  connections = new Connections(() => receivers);
  return (await connections.listen("127.0.0.1:0")).port;
}

function connect(port: number): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    const socket = net.connect(port, "127.0.0.1");
    socket.setEncoding("utf8").on("data", (chunk) => {
      text += chunk;
    });
    socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code!));
    socket.on("close", () => resolve(text));
  });
}

const waitFor = async (check: () => boolean) => {
  while (!check()) await new Promise((resolve) => setTimeout(resolve, 5));
};

describe("Connections", () => {
  test("gives connections to receivers in turn", async () => {
    const port = await listen("a", "b", "c");
    const answers = [];
    for (let i = 0; i < 6; i++) answers.push(await connect(port));
    expect(answers).toEqual(["a", "b", "c", "a", "b", "c"]);
  });

  test("passes over one that is not open", async () => {
    const port = await listen("a", "b");
    receivers[0]!.open = false;
    expect([await connect(port), await connect(port)]).toEqual(["b", "b"]);
  });

  test("keeps connections while nobody is open, and hands them out when somebody is", async () => {
    const port = await listen("a");
    receivers[0]!.open = false;
    const answers = [connect(port), connect(port)];
    await waitFor(() => connections.waiting === 2);
    receivers[0]!.open = true;
    connections.pump();
    expect(await Promise.all(answers)).toEqual(["a", "a"]);
  });

  test("hands a connection that comes back to the next receiver", async () => {
    const port = await listen("dead", "alive");
    receivers[0]!.acknowledges = false;
    const answer = connect(port);
    await waitFor(() => receivers[0]!.held.length === 1);
    connections.return(receivers[0]!.held[0]!.socket);
    expect(await answer).toBe("alive");
  });

  test("close() refuses new connections and still hands out what waits", async () => {
    const port = await listen("a");
    receivers[0]!.open = false;
    const waiting = connect(port);
    await waitFor(() => connections.waiting === 1);
    await connections.close();
    expect(await connect(port)).toBe("ECONNREFUSED");
    receivers[0]!.open = true;
    connections.pump();
    expect(await waiting).toBe("a");
  });

  test("says that an address is taken", async () => {
    const port = await listen("a");
    const second = new Connections(() => []);
    await expect(second.listen(`127.0.0.1:${port}`)).rejects.toMatchObject({
      code: "listen-failed",
      message: `Cannot listen on 127.0.0.1:${port}: another process has this port; stop it, or choose another port`,
    });
  });
});

describe("parseAddress()", () => {
  test.each([
    ["127.0.0.1:80", "127.0.0.1", 80],
    ["[::1]:0", "::1", 0],
    ["localhost:8080", "localhost", 8080],
    [":8080", "0.0.0.0", 8080],
    ["8080", "0.0.0.0", 8080],
  ])("reads %s", (text, host, port) => {
    expect(parseAddress(text)).toEqual({ host, port });
  });

  test.each(["", "localhost", "a:b", "::1:80", "1.2.3.4:65536", "http://a:80"])("refuses %j", (text) => {
    expect(() => parseAddress(text)).toThrow(`Cannot listen on "${text}"`);
  });
});
