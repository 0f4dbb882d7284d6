// Answers every request with 200 and `hello`, with a JavaScript engine inside: the JS row of the speed table.
import { Fields, OutgoingBody, OutgoingResponse, ResponseOutparam } from "wasi:http/types@0.2.12";

// Neither engine is asked for a TextEncoder: QuickJS has none.
const bytes = (text) => Uint8Array.from(text, (char) => char.charCodeAt(0));
const kind = ["content-type", bytes("text/plain; charset=utf-8")];
const hello = bytes("hello");

export const incomingHandler = {
  handle(_request, out) {
    const response = new OutgoingResponse(Fields.fromList([kind]));
    const body = response.body();
    ResponseOutparam.set(out, { tag: "ok", val: response });
    const stream = body.write();
    stream.blockingWriteAndFlush(hello);
    stream[Symbol.dispose]();
    OutgoingBody.finish(body, undefined);
  },
};
