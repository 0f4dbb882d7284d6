//! Fetches the URL in `?url=` or in the header `x-url`, and streams the answer back: status, content type, body.
//! A refused or failed request is answered with 502 and the error code.

use guest_http::{Target, answer, start};
use wasip2::http::outgoing_handler;
use wasip2::http::types::{
    Fields, IncomingRequest, IncomingResponse, Method, OutgoingBody, OutgoingRequest, ResponseOutparam, Scheme,
};
use wasip2::io::streams::StreamError;

struct Outgoing;
wasip2::http::proxy::export!(Outgoing);

impl wasip2::exports::http::incoming_handler::Guest for Outgoing {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let header = request.headers().get("x-url").into_iter().next();
        let header = header.and_then(|value| String::from_utf8(value).ok());
        let Some(url) = Target::of(&request).query("url").or(header) else {
            return answer(out, 400, "say what to fetch: ?url= or the header x-url");
        };
        match fetch(&url) {
            Ok(response) => relay(response, out),
            Err(why) => answer(out, 502, &why),
        }
    }
}

fn fetch(url: &str) -> Result<IncomingResponse, String> {
    let (scheme, rest) = url.split_once("://").ok_or("not an absolute URL")?;
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let scheme = match scheme {
        "http" => Scheme::Http,
        "https" => Scheme::Https,
        other => Scheme::Other(other.into()),
    };
    let request = OutgoingRequest::new(Fields::new());
    request.set_method(&Method::Get).map_err(|()| "the method is refused")?;
    request.set_scheme(Some(&scheme)).map_err(|()| "the scheme is refused")?;
    request.set_authority(Some(authority)).map_err(|()| "the authority is refused")?;
    request.set_path_with_query(Some(if path.is_empty() { "/" } else { path })).map_err(|()| "the path is refused")?;
    let body = request.body().map_err(|()| "no request body")?;
    OutgoingBody::finish(body, None).map_err(|code| format!("{code:?}"))?;
    let future = outgoing_handler::handle(request, None).map_err(|code| format!("{code:?}"))?;
    future.subscribe().block();
    let answer = future.get().ok_or("not ready after block")?;
    answer.map_err(|()| "taken twice")?.map_err(|code| format!("{code:?}"))
}

fn relay(response: IncomingResponse, out: ResponseOutparam) {
    let kind = response.headers().get("content-type");
    let kind = kind.first().and_then(|value| std::str::from_utf8(value).ok()).unwrap_or("application/octet-stream");
    let body = start(out, response.status(), &[("content-type", kind)]);
    let incoming = response.consume().expect("the body is taken once");
    let source = incoming.stream().expect("the stream is taken once");
    let sink = body.write().expect("the stream is taken once");
    loop {
        match sink.blocking_splice(&source, 65_536) {
            Ok(_) => {}
            Err(StreamError::Closed) => break,
            Err(StreamError::LastOperationFailed(_)) => return,
        }
    }
    drop(sink);
    let _ = OutgoingBody::finish(body, None);
}
