import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Served, serve } from "../examples/served.ts";
import { writeComposition } from "./in-process.ts";

const patience = 300_000;

describe.each([
  ["hello-quickjs", "wasi:http/incoming-handler@0.2.11"],
  ["hello-starlingmonkey", "wasi:http/incoming-handler@0.2.12"],
])("%s", (name, handler) => {
  let served: Served;
  beforeAll(async () => {
    const { path, remove } = await writeComposition({ instances: { app: name }, exports: [`app/${handler}`] });
    served = await serve(path);
    await remove();
  }, patience);
  afterAll(() => served?.stop(), patience);

  test("answers requests one after the other and at once", async () => {
    const ask = async () => {
      const answer = await fetch(served.url);
      return [answer.status, answer.headers.get("content-type"), await answer.text()];
    };
    const hello = [200, "text/plain; charset=utf-8", "hello"];
    expect(await ask()).toEqual(hello);
    expect(await Promise.all(Array.from({ length: 20 }, ask))).toEqual(Array(20).fill(hello));
  });
});
