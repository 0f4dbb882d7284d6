import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { parse } from "yaml";
import { logged, type Served, serve } from "./served.ts";

interface Expected {
  readonly requests: readonly {
    readonly name: string;
    readonly method?: string;
    readonly path: string;
    readonly token?: string;
    readonly status: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
    readonly json?: unknown;
    readonly log?: string;
  }[];
  readonly calls: readonly { readonly name: string; readonly arguments: readonly string[]; readonly result: unknown }[];
}

const example = join(import.meta.dirname, "../../../examples/01-user-api");
const expected: Expected = parse(readFileSync(join(example, "expect.yaml"), "utf8"));
/** Composing 4 MB and starting a process takes a while on a busy machine. */
const patience = 120_000;

describe("examples/01-user-api as npm start serves it", () => {
  let served: Served;
  beforeAll(async () => {
    served = await serve(example);
  }, patience);
  afterAll(() => served?.stop(), patience);

  test.each(expected.requests)("$name", async ({ method = "GET", path, token, ...wanted }) => {
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const answer = await fetch(served.url + path, { method, headers });
    const body = await answer.text();
    expect(answer.status).toBe(wanted.status);
    for (const [name, value] of Object.entries(wanted.headers ?? {})) expect(answer.headers.get(name)).toBe(value);
    expect(body).toContain(wanted.body ?? "");
    if (wanted.json !== undefined) expect(JSON.parse(body)).toEqual(wanted.json);
    if (wanted.log !== undefined) expect(await logged(served.lines, wanted.log)).toBe(true);
  });

  test("the page shows the host that it was asked at", async () => {
    const page = await (await fetch(served.url)).text();
    expect(page).toContain(`curl -i ${served.url.slice("http://".length)}/users/ada`);
  });

  test("a HEAD request is answered without a body", async () => {
    const answer = await fetch(`${served.url}/`, { method: "HEAD" });
    expect(answer.status).toBe(200);
    expect(Number(answer.headers.get("content-length"))).toBeGreaterThan(1000);
    expect(await answer.text()).toBe("");
  });

  test("many requests at once each get their own answer", async () => {
    const ids = Array.from({ length: 100 }, (_, index) => ["ada", "grace", "alan", "zoe"][index % 4]!);
    const headers = { authorization: "Bearer ada-token" };
    const answers = await Promise.all(
      ids.map(async (id) => (await fetch(`${served.url}/users/${id}`, { headers })).json() as Promise<{ id?: string }>),
    );
    expect(answers.map(({ id }) => id ?? "zoe")).toEqual(ids);
  });
});

describe("examples/01-user-api/compose.yaml", () => {
  let served: Served;
  beforeAll(async () => {
    served = await serve(join(example, "compose.yaml"));
  }, patience);
  afterAll(() => served?.stop(), patience);

  test.each(expected.calls)("a call is answered: $name", async ({ arguments: args, result }) => {
    const answer = await fetch(`${served.url}/call/example:http%2Fauth/authenticate`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(args),
    });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual(result);
  });
});
