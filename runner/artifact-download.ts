import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { readFile, rename, rm } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { Agent, request } from "node:https";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ArtifactFetch } from "./config.ts";
import { RunnerError } from "./error.ts";

/** A file that is wanted: `most` bytes at most, whose sha256 is `digest`. */
export interface Wanted {
  readonly path: string;
  readonly digest: string;
  readonly most: number;
}

/** Downloads of one attempt: the authority and the token are those of its beginning, and connections are shared. */
export class Downloads {
  readonly #agent: Agent;
  readonly #token: string;
  readonly #signal: AbortSignal;
  readonly #silenceMs: number;

  private constructor(
    agent: Agent,
    token: string,
    options: { readonly signal: AbortSignal; readonly silenceMs: number },
  ) {
    this.#agent = agent;
    this.#token = token;
    this.#signal = options.signal;
    this.#silenceMs = options.silenceMs;
  }

  /** Reads the authority and the token anew: both rotate. Rejects where they cannot be read. */
  static async open(
    { caFile, tokenFile }: ArtifactFetch,
    options: { readonly signal: AbortSignal; readonly silenceMs: number },
  ): Promise<Downloads> {
    const [ca, token] = await Promise.all([readFile(caFile), readFile(tokenFile, "utf8")]);
    return new Downloads(new Agent({ ca, keepAlive: true }), token.trim(), options);
  }

  /** Downloads a file under another name, checks it, and gives it its own. Nothing is left of one that is wrong. */
  async get(url: string, { path, digest, most }: Wanted): Promise<void> {
    const part = `${path}.part`;
    const response = await this.#ask(url);
    const hash = createHash("sha256");
    let bytes = 0;
    const check = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        bytes += chunk.length;
        hash.update(chunk);
        if (bytes > most) done(failed(`${digest} has more than the ${most} bytes that it may have`));
        else done(null, chunk);
      },
    });
    try {
      await pipeline(response, check, createWriteStream(part, { mode: 0o600 }), { signal: this.#signal });
      const found = `sha256:${hash.digest("hex")}`;
      if (found !== digest) throw failed(`what came for ${digest} is ${found}`);
      await rename(part, path);
    } catch (error) {
      await rm(part, { force: true });
      throw error;
    }
  }

  /** Drops the connections. */
  close(): void {
    this.#agent.destroy();
  }

  #ask(url: string): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${this.#token}` };
      const asked = request(url, { agent: this.#agent, headers, signal: this.#signal }, (response) => {
        const { statusCode = 0 } = response;
        if (statusCode === 200) return resolve(response);
        response.destroy();
        reject(failed(`the operator answers ${statusCode}${reasons[statusCode] ?? ""}`));
      });
      asked.setTimeout(this.#silenceMs, () =>
        asked.destroy(failed(`the operator is silent for ${this.#silenceMs} ms`)),
      );
      asked.once("error", reject);
      asked.end();
    });
  }
}

const reasons: Readonly<Record<number, string>> = {
  401: ": it does not take this pod's token",
  403: ": no Composition runs as this pod's ServiceAccount",
  404: ": it does not have the artifact, or not yet again",
  503: ": it cannot tell yet who asks",
};

function failed(why: string): RunnerError {
  return new RunnerError("artifact-unreadable", why);
}
