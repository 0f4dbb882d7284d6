import { Agent, type Dispatcher, request } from "undici";
import { makePolicy, type Policy } from "../../runner/host/http/allow.ts";
import { makeLookup } from "../../runner/host/http/lookup.ts";
import type { Clock } from "../clock.ts";
import { sha256 } from "../digest.ts";
import { FetchError } from "./error.ts";
import { explainNetworkError, explainStatus, shown } from "./http-errors.ts";
import { Room } from "./room.ts";

/** Bounds of downloads. */
export interface DownloaderOptions {
  readonly clock: Clock;
  /** Of one component. */
  readonly maxBytes: number;
  /** Of all downloads at once, as they are held in memory: what is small is not counted, and what finds no room waits. */
  readonly totalBytes: number;
  /** For one download with its redirects, and the wait for room. */
  readonly timeoutMs: number;
  /** To be connected, and between two pieces of an answer; 10,000. */
  readonly idleMs?: number;
  /** Private, loopback and link-local addresses are refused unless a range here names them. */
  readonly allowedCIDRs: readonly string[];
}

/** What an http source says. */
export interface HttpSource {
  readonly url: string;
  /** 64 hexadecimal digits. */
  readonly sha256: string;
}

/** Downloads what http sources name, from public addresses. */
export interface Downloader {
  /** The bytes with this digest. Rejects with a `FetchError`, or with the signal's reason. */
  download(source: HttpSource, signal: AbortSignal): Promise<Uint8Array>;
  close(): Promise<void>;
}

const maxRedirects = 5;
/** A download of no more than this waits for no other one; how many there are at once is bounded by who asks for them. */
const smallBytes = 2 ** 20;
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Makes a downloader; its connections are pooled, and go only to addresses that were checked after they were resolved. */
export function makeDownloader(options: DownloaderOptions): Downloader {
  const { maxBytes, totalBytes, timeoutMs, idleMs = 10_000, allowedCIDRs, clock } = options;
  const policy = makePolicy({ allowedHosts: ["*"], allowedCIDRs });
  const agent = new Agent({
    connect: { lookup: makeLookup(policy), timeout: idleMs },
    headersTimeout: idleMs,
    bodyTimeout: idleMs,
    maxHeaderSize: 16 * 1024,
    keepAliveTimeout: 4_000,
    connections: 8,
  });
  const room = new Room(totalBytes, { clock });
  return {
    async download(source, signal) {
      const stop = new AbortController();
      const cancel = clock.after(timeoutMs, () => stop.abort(tooSlow(source.url, timeoutMs)));
      const giveWay = (): void => stop.abort(crowded(source.url));
      const either = AbortSignal.any([signal, stop.signal]);
      try {
        return await download(source, { agent, policy, maxBytes, room, giveWay, signal: either });
      } catch (error) {
        signal.throwIfAborted();
        throw stop.signal.aborted ? stop.signal.reason : error;
      } finally {
        cancel();
      }
    },
    close: () => agent.destroy(),
  };
}

interface Context {
  readonly agent: Dispatcher;
  readonly policy: Policy;
  readonly maxBytes: number;
  readonly room: Room;
  readonly giveWay: () => void;
  readonly signal: AbortSignal;
}

async function download(source: HttpSource, context: Context): Promise<Uint8Array> {
  const response = await follow(source.url, context);
  const { encoding, bytes } = await readBody(response, source.url, context);
  if (sha256(bytes) === source.sha256) return bytes;
  const hint =
    encoding === undefined ? "Correct source.http.sha256, or the file" : `The server encoded it: ${encoding}`;
  const message = `Cannot use what source.http.url gives, its sha256 is not ${source.sha256}: ${sha256(bytes)}. ${hint}`;
  throw new FetchError("DigestMismatch", message, { final: true });
}

/** The answer that has the bytes. Each address on the way is held against the policy. */
async function follow(first: string, context: Context): Promise<Dispatcher.ResponseData> {
  let url = parse(first, first);
  for (let hop = 0; hop <= maxRedirects; hop++) {
    permit(url, context.policy);
    const response = await ask(url, context);
    if (response.statusCode === 200) return response;
    // A body that nobody reads would keep its connection.
    response.body.on("error", () => {}).destroy();
    const { location } = response.headers;
    if (!redirects.has(response.statusCode) || typeof location !== "string") {
      throw explainStatus(response.statusCode, response.headers, url.href);
    }
    url = parse(URL.parse(location, url.href)?.href ?? "", first);
  }
  const message = `Cannot download source.http.url, it redirects more than ${maxRedirects} times: ${shown(first)}`;
  throw new FetchError("SourceUnavailable", message, { final: false });
}

function parse(text: string, first: string): URL {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    const message = `Cannot download source.http.url, it is no http or https address or redirects to none: ${shown(first)}`;
    throw new FetchError("InvalidSpec", message, { final: true });
  }
  if (url.username !== "" || url.password !== "") {
    const message = `Cannot use credentials in source.http.url, everybody who may read the object would see them: ${shown(first)}`;
    throw new FetchError("InvalidSpec", message, { final: true });
  }
  return url;
}

/** Names are checked once they are resolved: by the lookup. */
function permit(url: URL, policy: Policy): void {
  const host = url.hostname.startsWith("[") ? url.hostname.slice(1, -1) : url.hostname;
  const scheme = url.protocol === "https:" ? "https" : "http";
  const verdict = policy.permits({ scheme, host, port: Number(url.port || (scheme === "https" ? 443 : 80)) });
  if (!verdict.allowed) throw explainNetworkError({ code: "EACCES" }, url.href);
}

async function ask(url: URL, { agent, signal }: Context): Promise<Dispatcher.ResponseData> {
  try {
    return await request(url, {
      dispatcher: agent,
      signal,
      headers: { "accept-encoding": "identity", "user-agent": "tenon-operator" },
    });
  } catch (error) {
    signal.throwIfAborted();
    throw explainNetworkError(error, url.href);
  }
}

async function readBody(
  { headers, body }: Dispatcher.ResponseData,
  url: string,
  { maxBytes, room, giveWay, signal }: Context,
): Promise<{ readonly encoding: string | undefined; readonly bytes: Uint8Array }> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  let free: (() => void) | undefined;
  // It may break while nobody reads it.
  body.on("error", () => {});
  try {
    const said = Number(headers["content-length"] ?? 0);
    tooLarge(said, maxBytes, url);
    if (said > smallBytes) free = await room.take(said, { signal, giveWay });
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      size += chunk.byteLength;
      tooLarge(size, maxBytes, url);
      if (size > smallBytes) free ??= await room.take(maxBytes, { signal, giveWay });
      chunks.push(chunk);
    }
    const encoding = headers["content-encoding"];
    return { encoding: typeof encoding === "string" ? encoding.slice(0, 20) : undefined, bytes: Buffer.concat(chunks) };
  } catch (error) {
    body.destroy();
    signal.throwIfAborted();
    throw error instanceof FetchError ? error : explainNetworkError(error, url);
  } finally {
    free?.();
  }
}

function tooLarge(size: number, maxBytes: number, url: string): void {
  if (size <= maxBytes) return;
  const message = `Cannot take a component of more than ${maxBytes} bytes from source.http.url: ${shown(url)}`;
  throw new FetchError("TooLarge", message, { final: true });
}

function tooSlow(url: string, timeoutMs: number): FetchError {
  const message = `Cannot download source.http.url, it took longer than ${timeoutMs} ms: ${shown(url)}`;
  return new FetchError("SourceUnavailable", message, { final: false });
}

function crowded(url: string): FetchError {
  const message = `Cannot download source.http.url now, it is slow, and others need the memory that it takes: ${shown(url)}`;
  return new FetchError("SourceUnavailable", message, { final: false, retryAfterMs: 5_000 });
}
