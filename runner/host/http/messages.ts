import type { IncomingMessage } from "node:http";
import { heldBytes } from "../host.ts";
import { Fields, isToken } from "./fields.ts";
import { type BodyRules, discard, IncomingBody } from "./incoming-body.ts";
import { bufferBytes, OutgoingBody } from "./outgoing-body.ts";

/** `HTTP`, `HTTPS`, or another scheme as it is written. */
export type Scheme = "HTTP" | "HTTPS" | { readonly other: string };

/** The resource `incoming-request`. */
export class IncomingRequest {
  readonly message: IncomingMessage;
  readonly authority: string | undefined;
  readonly scheme: Scheme;
  readonly #rules: BodyRules | undefined;
  #consumed = false;

  /** Without rules there is no body. */
  constructor(
    message: IncomingMessage,
    about: { authority: string | undefined; scheme: Scheme; body: BodyRules | undefined },
  ) {
    this.message = message;
    this.authority = about.authority;
    this.scheme = about.scheme;
    this.#rules = about.body;
  }
  headers(): Fields {
    return Fields.received(this.message.rawHeaders);
  }
  /** The body; undefined the second time. */
  consume(): IncomingBody | undefined {
    if (this.#consumed) return undefined;
    this.#consumed = true;
    return new IncomingBody(this.message, this.#rules);
  }
}

/** The resource `incoming-response`. */
export class IncomingResponse {
  readonly message: IncomingMessage;
  readonly #rules: BodyRules;
  #consumed = false;
  constructor(message: IncomingMessage, rules: BodyRules) {
    this.message = message;
    this.#rules = rules;
  }
  /** What has arrived of a body that nobody reads. */
  get [heldBytes](): number {
    return bufferBytes;
  }
  headers(): Fields {
    return Fields.received(this.message.rawHeaders);
  }
  consume(): IncomingBody | undefined {
    if (this.#consumed) return undefined;
    this.#consumed = true;
    return new IncomingBody(this.message, this.#rules);
  }
  [Symbol.dispose](): void {
    if (!this.#consumed) discard(this.message);
  }
}

/** What outgoing requests and responses have in common: fields, and a body that is taken once. */
class OutgoingHead {
  readonly fields: Fields;
  #body: OutgoingBody | undefined;

  constructor(fields: Fields) {
    this.fields = fields;
  }

  /** Counted with the body, which is written to later. */
  get [heldBytes](): number {
    return bufferBytes + this.fields[heldBytes];
  }

  /** Dropped without being sent. */
  [Symbol.dispose](): void {
    this.#body?.discard();
  }

  /** The body where it was asked for. */
  get taken(): OutgoingBody | undefined {
    return this.#body;
  }

  /** The body; undefined the second time, and where the content-length makes no sense. */
  body(): OutgoingBody | undefined {
    const expected = this.fields.contentLength();
    if (this.#body !== undefined || expected === undefined) return undefined;
    this.#body = new OutgoingBody(expected);
    return this.#body;
  }
}

/** The resource `outgoing-response`. */
export class OutgoingResponse extends OutgoingHead {
  status = 200;

  /** False for what is no status. */
  setStatus(status: number): boolean {
    if (status < 100 || status > 999) return false;
    this.status = status;
    return true;
  }
}

/** The resource `outgoing-request`; the setters answer false for what is not valid. */
export class OutgoingRequest extends OutgoingHead {
  method = "GET";
  path: string | undefined;
  scheme: Scheme | undefined;
  authority: string | undefined;

  setMethod(method: string): boolean {
    if (!isToken(method) || method.length > 32) return false;
    this.method = method;
    return true;
  }
  setPath(path: string | undefined): boolean {
    if (path !== undefined && !/^(\*|[/?][\x21-\x22\x24-\x7e]*)?$/.test(path)) return false;
    this.path = path;
    return true;
  }
  setScheme(scheme: Scheme | undefined): boolean {
    if (typeof scheme === "object" && !/^[A-Za-z][A-Za-z0-9+.-]*$/.test(scheme.other)) return false;
    this.scheme = scheme;
    return true;
  }
  setAuthority(authority: string | undefined): boolean {
    if (authority !== undefined && !isAuthority(authority)) return false;
    this.authority = authority;
    return true;
  }
}

/** Host and port, without user information: it would be a credential in a place where nobody looks for one. */
function isAuthority(text: string): boolean {
  const match = /^(?:\[[0-9A-Fa-f:.]+(?:%25[\w.~-]+)?\]|[\w.~!$&'()*+,;=%-]+)(?::(\d{1,5}))?$/.exec(text);
  return match !== null && Number(match[1] ?? 0) <= 65535;
}

/** The resource `request-options`: nanoseconds, or undefined for the host's choice. */
export class RequestOptions {
  connectTimeout: bigint | undefined;
  firstByteTimeout: bigint | undefined;
  betweenBytesTimeout: bigint | undefined;
}
