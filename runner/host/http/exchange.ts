import type { IncomingMessage, OutgoingMessage, ServerResponse } from "node:http";
import { HttpError } from "./error.ts";
import { describeErrorCode, type ErrorCode, statusOf } from "./error-code.ts";
import type { Fields } from "./fields.ts";
import type { BodyRules } from "./incoming-body.ts";
import { IncomingRequest, type OutgoingResponse } from "./messages.ts";
import type { BodyTarget, OutgoingBody } from "./outgoing-body.ts";

/** The resource `response-outparam`: the guest sets it once, by giving it away. */
export class ResponseOutparam {
  readonly exchange: Exchange;
  constructor(exchange: Exchange) {
    this.exchange = exchange;
  }
}

/** What of a request's headers the host itself needs. */
export interface RequestHead {
  readonly host: string | undefined;
  readonly contentLength: number;
  readonly hasBody: boolean;
  /** The client waits for `100 Continue` before it sends the body. */
  readonly expectsContinue: boolean;
}

/** Reads the raw headers; Node's `headers` would build an object of all of them. */
export function readHead(request: IncomingMessage): RequestHead {
  const raw = request.rawHeaders;
  let host: string | undefined;
  let contentLength = 0;
  let hasBody = false;
  let expectsContinue = false;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!;
    switch (name.length) {
      case 4:
        if (host === undefined && name.toLowerCase() === "host") host = raw[i + 1]!;
        break;
      case 6:
        if (name.toLowerCase() === "expect") expectsContinue = raw[i + 1]!.toLowerCase() === "100-continue";
        break;
      case 14:
        if (name.toLowerCase() === "content-length") contentLength = Number(raw[i + 1]);
        break;
      case 17:
        if (name.toLowerCase() === "transfer-encoding") hasBody = true;
    }
  }
  return { host, contentLength, hasBody: hasBody || contentLength > 0, expectsContinue };
}

/** One request to a guest and what it answers. */
export class Exchange implements BodyTarget {
  readonly sizeError = "HTTP-response-body-size";
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #head: RequestHead;
  readonly #guest: { readonly trap: unknown };
  #continued = false;
  #answer: OutgoingResponse | undefined;
  #body: OutgoingBody | undefined;
  #failure: HttpError | undefined;

  /** `guest.trap` is set once the guest has ended by a trap. */
  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    about: { readonly head: RequestHead; readonly guest: { readonly trap: unknown } },
  ) {
    this.#request = request;
    this.#response = response;
    this.#head = about.head;
    this.#guest = about.guest;
  }

  /** The resource for the guest. */
  incoming(bodyBytes: number): IncomingRequest {
    const { host, hasBody, expectsContinue } = this.#head;
    const rules: BodyRules | undefined = hasBody
      ? {
          limit: bodyBytes,
          sizeError: "HTTP-request-body-size",
          betweenBytesMs: Infinity,
          ...(expectsContinue ? { onFirstRead: () => this.#continue() } : {}),
        }
      : undefined;
    return new IncomingRequest(this.#request, { authority: host, scheme: "HTTP", body: rules });
  }

  /** The guest's answer. */
  respond(answer: OutgoingResponse): void {
    this.#answer = answer;
    const body = answer.taken;
    const length = answer.fields.contentLength();
    if (answer.status < 200) {
      this.#failure = new HttpError(
        "bad-response",
        `Cannot send the guest's response: status ${answer.status} is not final`,
      );
    } else if (body !== undefined) {
      this.#body = body;
      body.attach(this);
    } else if (length === undefined || (length !== null && length > 0 && this.#mayHaveBody(answer.status))) {
      this.#failure = new HttpError(
        "bad-response",
        "Cannot send the guest's response: it has a content-length and no body",
      );
    } else {
      this.begin(0)?.end();
    }
  }

  /** The guest answers with an error. */
  fail(code: ErrorCode): void {
    const status = statusOf(code);
    this.#failure = new HttpError("error-response", `The guest answered with an error: ${describeErrorCode(code)}`, {
      status,
    });
  }

  /** Sends a 1xx response ahead of the answer. */
  inform(status: number, fields: Fields): ErrorCode | undefined {
    if (status < 100 || status > 199 || status === 101) return { tag: "HTTP-protocol-error" };
    if (this.#response.headersSent || this.#response.destroyed) return { tag: "connection-terminated" };
    // Without a prototype: a guest may call a header `constructor`.
    const headers: Record<string, string[]> = Object.create(null);
    for (let i = 0; i < fields.list.length; i += 2) {
      const name = fields.list[i]!;
      headers[name] = [...(headers[name] ?? []), fields.list[i + 1]!];
    }
    this.#response.writeInformation(status, headers);
    return undefined;
  }

  /** Ends the guest's part once it has returned; throws an `HttpError` where it left no whole answer. */
  conclude(): void {
    if (this.#answer === undefined) {
      throw (
        this.#failure ??
        new HttpError("no-response", "Cannot answer the request: the guest returned without a response")
      );
    }
    this.#body?.abort("the guest returned before it finished its body");
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Nothing of the guest's answer is sent from here on. */
  abandon(): void {
    this.#body?.abort("its guest was ended");
  }

  begin(length: number | undefined): OutgoingMessage | null {
    const response = this.#response;
    const answer = this.#answer!;
    // A trap is known here before the call has rejected: a 500 is still possible.
    if (response.headersSent || response.destroyed || this.#guest.trap !== undefined) return null;
    const headers = answer.fields.list as string[];
    if (this.#head.expectsContinue && !this.#continued) response.shouldKeepAlive = false;
    const needsLength =
      length !== undefined && this.#mayHaveBody(answer.status, length) && answer.fields.contentLength() === null;
    // A write to a connection that has just gone is an error that only ends the process if nobody listens.
    if (length === undefined) response.on("error", ignore);
    response.writeHead(answer.status, needsLength ? headers.concat("content-length", String(length)) : headers);
    return response;
  }

  abort(reason: string): void {
    // The client has left: what its guest makes of that is nobody's mistake.
    if (this.#response.destroyed) return;
    this.#failure ??= new HttpError("body-unfinished", `Cannot send the guest's response: ${reason}`);
    if (this.#response.headersSent) this.#response.destroy();
  }

  /** False where HTTP has no body after such a head; an empty one to HEAD says nothing about the length. */
  #mayHaveBody(status: number, length = 0): boolean {
    return status !== 204 && status !== 304 && (length > 0 || this.#request.method !== "HEAD");
  }

  #continue(): void {
    if (this.#continued || this.#response.headersSent || this.#response.destroyed) return;
    this.#continued = true;
    this.#response.writeContinue();
  }
}

function ignore(): void {}
