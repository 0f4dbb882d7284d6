//! Answers every request with 200 and `hello`: the least that a wasi:http component does.

use guest_http::answer;
use wasip2::http::types::{IncomingRequest, ResponseOutparam};

struct Hello;
wasip2::http::proxy::export!(Hello);

impl wasip2::exports::http::incoming_handler::Guest for Hello {
    fn handle(_: IncomingRequest, out: ResponseOutparam) {
        answer(out, 200, "hello");
    }
}
