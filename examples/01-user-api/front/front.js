// The wasi:http front: turns requests into calls of `example:http/auth`, and its answers into responses.
import { authenticate } from "example:http/auth";
import { write } from "example:logger/log";
import { Fields, OutgoingBody, OutgoingResponse, ResponseOutparam } from "wasi:http/types@0.2.12";
import { page } from "./page.js";

// QuickJS has no TextEncoder.
const encode = (text) => Uint8Array.from(unescape(encodeURIComponent(text)), (char) => char.charCodeAt(0));
const decode = (bytes) => String.fromCharCode(...bytes);

export const incomingHandler = {
  handle(request, out) {
    const method = request.method().tag;
    const path = (request.pathWithQuery() ?? "/").split("?")[0];
    const answer = route(method, path, request);
    write({ tag: "info" }, `front: ${method} ${path} -> ${answer.status}`);
    send(out, answer);
  },
};

function route(method, path, request) {
  if (method !== "get" && method !== "head") {
    return json(405, { error: "only GET and HEAD are served here" }, [["allow", "GET, HEAD"]]);
  }
  if (path === "/") {
    return { status: 200, kind: "text/html; charset=utf-8", body: page(request.authority() ?? ""), headers: [] };
  }
  const id = /^\/users\/([^/]+)$/.exec(path)?.[1];
  return id === undefined ? json(404, { error: "no such page" }) : user(decodeSegment(id), bearer(request));
}

function user(id, token) {
  const result = token === undefined || id === undefined ? refusal(token) : authenticate(token, id);
  switch (result.tag) {
    case "ok":
      return json(200, result.val);
    case "not-found":
      return json(404, { error: "no such user" });
    default:
      return json(401, { error: "say who you are: authorization: Bearer TOKEN" }, [["www-authenticate", "Bearer"]]);
  }
}

/** Without a token nobody learns which ids are well-formed. */
function refusal(token) {
  return { tag: token === undefined ? "unauthorized" : "not-found" };
}

function bearer(request) {
  const [value] = request.headers().get("authorization");
  return value && /^bearer +([^ ]+)$/i.exec(decode(value))?.[1];
}

/** The id in a path segment; undefined where the percent-encoding is broken. */
function decodeSegment(segment) {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

function json(status, value, headers = []) {
  return { status, kind: "application/json", body: `${JSON.stringify(value)}\n`, headers };
}

/** A host leaves the body out where HEAD was asked; a guest that did would contradict its own content-length. */
function send(out, answer) {
  const body = encode(answer.body);
  const fields = [["content-type", answer.kind], ["content-length", String(body.length)], ...answer.headers].map(
    ([name, value]) => [name, encode(value)],
  );
  const response = new OutgoingResponse(Fields.fromList(fields));
  response.setStatusCode(answer.status);
  const outgoing = response.body();
  ResponseOutparam.set(out, { tag: "ok", val: response });
  if (wrote(outgoing, body)) OutgoingBody.finish(outgoing, undefined);
}

/** False where nobody reads any more, which is no error of this component's. */
function wrote(outgoing, body) {
  const stream = outgoing.write();
  try {
    for (let at = 0; at < body.length; at += 4096) stream.blockingWriteAndFlush(body.subarray(at, at + 4096));
    return true;
  } catch {
    return false;
  } finally {
    stream[Symbol.dispose]();
  }
}
