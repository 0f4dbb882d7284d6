/**
 * `ask.ts`: takes a list of `Ask` on stdin, asks one after the other, and prints the list of their `Answer`. Runs in a pod.
 */
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { stdin, stdout } from "node:process";
import { json, text } from "node:stream/consumers";

/** A request. */
export interface Ask {
  readonly url: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** A file with a bearer token, and one with the authority of the server. */
  readonly tokenFile?: string;
  readonly caFile?: string;
}

/** An answer; where there is none, `status` is 0 and `body` says why. */
export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

async function answer({ url, method = "GET", headers = {}, body, tokenFile, caFile }: Ask): Promise<Answer> {
  const client = url.startsWith("https:") ? https : http;
  const token = tokenFile === undefined ? {} : { authorization: `Bearer ${readFileSync(tokenFile, "utf8")}` };
  const tls = caFile === undefined ? {} : { ca: readFileSync(caFile) };
  const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>();
  const options = { agent: false, method, headers: { ...headers, ...token }, timeout: 20_000, ...tls } as const;
  const request = client.request(url, options, resolve);
  request.on("error", reject);
  request.on("timeout", () => request.destroy(new Error("no answer in 20 s")));
  request.end(body);
  const response = await promise;
  return { status: response.statusCode ?? 0, headers: response.headers, body: await text(response) };
}

const answers: Answer[] = [];
for (const ask of (await json(stdin)) as Ask[])
  answers.push(
    await answer(ask).catch((error: Error) => ({ status: 0, headers: {}, body: `${error.name}: ${error.message}` })),
  );
stdout.write(JSON.stringify(answers));
