//! Streams the body of the request back as it comes. The content type, the method and the target are echoed as headers.

use guest_http::start;
use wasip2::http::types::{IncomingRequest, Method, OutgoingBody, ResponseOutparam};
use wasip2::io::streams::StreamError;

struct Echo;
wasip2::http::proxy::export!(Echo);

impl wasip2::exports::http::incoming_handler::Guest for Echo {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let kind = request.headers().get("content-type");
        let kind = kind.first().and_then(|value| std::str::from_utf8(value).ok()).unwrap_or("application/octet-stream");
        let target = request.path_with_query().unwrap_or_default();
        let method = method_name(&request.method());
        let body = start(out, 200, &[("content-type", kind), ("x-method", &method), ("x-target", &target)]);
        let incoming = request.consume().expect("the body is taken once");
        let source = incoming.stream().expect("the stream is taken once");
        let sink = body.write().expect("the stream is taken once");
        loop {
            match sink.blocking_splice(&source, 65_536) {
                Ok(_) => {}
                Err(StreamError::Closed) => break,
                // Without `finish` the response is cut off, which the client can tell from a whole one.
                Err(StreamError::LastOperationFailed(_)) => return,
            }
        }
        drop(sink);
        let _ = OutgoingBody::finish(body, None);
    }
}

fn method_name(method: &Method) -> String {
    match method {
        Method::Other(name) => name.clone(),
        known => format!("{known:?}").trim_start_matches("Method::").to_uppercase(),
    }
}
