import { afterEach, describe, expect, test } from "@jest/globals";
import { post, serveGateway, type TestGateway } from "./gateway.ts";

let gateway: TestGateway;
afterEach(() => {
  gateway.server.close();
  gateway.server.closeAllConnections();
});

const echo = async (value: string) => value;

describe("POST /call", () => {
  test("calls, and answers with what it gave", async () => {
    gateway = await serveGateway(echo);
    expect(await post(gateway, { body: '["hello"]' }).answer).toEqual({ status: 200, json: "hello" });
  });

  test("refuses another content type before it reads the body", async () => {
    gateway = await serveGateway(echo);
    const { answer } = post(gateway, { headers: { "content-type": "text/plain" }, end: false });
    expect(await answer).toMatchObject({ status: 415 });
  });

  test("takes a body of 1 MiB and no larger one, whatever the limit of HTTP bodies", async () => {
    gateway = await serveGateway(echo, { bodyBytes: 64 << 20 });
    const fits = JSON.stringify(["x".repeat((1 << 20) - 4)]);
    expect((await post(gateway, { body: fits }).answer).status).toBe(200);
    const { answer } = post(gateway, { headers: { "content-length": String((1 << 20) + 1) }, end: false });
    expect(await answer).toMatchObject({ status: 413, json: { error: { limit: "body" } } });
  });

  test("keeps to the limit of bodies where that is smaller", async () => {
    gateway = await serveGateway(echo, { bodyBytes: 8 });
    expect((await post(gateway, { body: '["1234"]' }).answer).status).toBe(200);
    expect((await post(gateway, { headers: { "content-length": "9" }, end: false }).answer).status).toBe(413);
  });

  test("does not read the body of a call that has no instance", async () => {
    gateway = await serveGateway(echo, { queue: 0 });
    // Its body never ends, so that it keeps the only instance.
    const first = post(gateway, { body: '["a', end: false });
    while (gateway.pool.running === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    const { answer } = post(gateway, { body: '["b', end: false });
    expect(await answer).toMatchObject({ status: 503, json: { error: { limit: "queue" } } });
    first.request.end('"]');
    expect(await first.answer).toEqual({ status: 200, json: "a" });
  });

  test("gives the place of a client that left while it waited to another", async () => {
    gateway = await serveGateway(echo, { queue: 1 });
    const until = async (reached: () => boolean) => {
      while (!reached()) await new Promise((resolve) => setTimeout(resolve, 1));
    };
    const first = post(gateway, { body: '["a', end: false });
    await until(() => gateway.pool.running === 1);
    const left = post(gateway, { body: '["b"]' });
    await until(() => gateway.pool.waiting === 1);
    left.request.destroy();
    await until(() => gateway.pool.waiting === 0);
    const third = post(gateway, { body: '["c"]' });
    await until(() => gateway.pool.waiting === 1);
    first.request.end('"]');
    expect([await first.answer, await third.answer].map(({ json }) => json)).toEqual(["a", "c"]);
  });

  test.each([{ host: "evil.example" }, { origin: "https://evil.example" }])("refuses %j", async (headers) => {
    gateway = await serveGateway(echo);
    const { answer } = post(gateway, { headers, body: '["a"]' });
    expect(await answer).toMatchObject({ status: 403, json: { error: { code: "forbidden" } } });
  });
});
