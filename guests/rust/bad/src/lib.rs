//! Everything that a guest may do to its host, by path. Keeps its name section, so that a trap has names.

use std::hint::black_box;
use std::time::Duration;

use guest_http::{Target, answer, start, write};
use wasip2::http::types::{ErrorCode, IncomingRequest, OutgoingBody, ResponseOutparam};

struct Bad;
wasip2::http::proxy::export!(Bad);

const HELP: &str = "/ok /trap /trap-mid-body /err /noresp /loop /loop-after-sleep?ms= /sleep?ms= /grow?mb= \
                    /leak?mb= /big-body?mb= /unfinished /headers /big-header?kb= /recurse /panic /exit?code= /log?lines=";

impl wasip2::exports::http::incoming_handler::Guest for Bad {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let target = Target::of(&request);
        let number = |name, default| target.number(name).unwrap_or(default);
        match target.path.as_str() {
            "/ok" => answer(out, 200, "ok"),
            "/trap" => trap_here(),
            "/trap-mid-body" => trap_mid_body(out),
            "/err" => ResponseOutparam::set(out, Err(ErrorCode::InternalError(Some("asked for".into())))),
            "/noresp" => drop(out),
            "/loop" => spin(),
            "/loop-after-sleep" => {
                std::thread::sleep(Duration::from_millis(number("ms", 10)));
                spin();
            }
            "/sleep" => {
                std::thread::sleep(Duration::from_millis(number("ms", 100)));
                answer(out, 200, "slept");
            }
            "/grow" => answer(out, 200, grow(number("mb", 64))),
            "/leak" => {
                black_box(vec![1_u8; megabytes(number("mb", 1))].leak());
                answer(out, 200, "leaked");
            }
            "/big-body" => big_body(out, number("mb", 64)),
            // The body is dropped without `finish`: the response must not look whole.
            "/unfinished" => write(&start(out, 200, &[]), b"the beginning").unwrap_or(()),
            "/headers" => {
                drop_finished(start(out, 200, &[("set-cookie", "a=1"), ("set-cookie", "b=2"), ("x-Case", "Y")]))
            }
            "/big-header" => {
                drop_finished(start(out, 200, &[("x-big", &"h".repeat(1024 * number("kb", 64) as usize))]));
            }
            "/recurse" => answer(out, 200, &recurse(u64::MAX).to_string()),
            "/panic" => panic!("asked to panic"),
            "/exit" => std::process::exit(number("code", 3) as i32),
            "/log" => {
                for line in 0..number("lines", 1) {
                    println!("line {line} to stdout");
                    eprintln!("line {line} to stderr");
                }
                answer(out, 200, "logged");
            }
            _ => answer(out, 404, HELP),
        }
    }
}

fn drop_finished(body: OutgoingBody) {
    let _ = OutgoingBody::finish(body, None);
}

fn megabytes(count: u64) -> usize {
    usize::try_from(count.saturating_mul(1 << 20)).unwrap_or(usize::MAX)
}

#[inline(never)]
fn trap_here() {
    core::arch::wasm32::unreachable()
}

fn trap_mid_body(out: ResponseOutparam) {
    let body = start(out, 200, &[]);
    let _ = write(&body, &[b'x'; 8192]);
    trap_here();
}

#[inline(never)]
fn spin() {
    let mut count = 0_u64;
    loop {
        count = black_box(count.wrapping_add(1));
    }
}

fn grow(mb: u64) -> &'static str {
    let mut block = Vec::<u8>::new();
    match block.try_reserve_exact(megabytes(mb)) {
        Ok(()) => {
            black_box(block.as_mut_ptr());
            "grown"
        }
        Err(_) => "refused",
    }
}

fn big_body(out: ResponseOutparam, mb: u64) {
    let body = start(out, 200, &[("content-type", "application/octet-stream")]);
    let stream = body.write().expect("the stream is taken once");
    let chunk = [b'z'; 4096];
    for _ in 0..mb.saturating_mul(256) {
        if stream.blocking_write_and_flush(&chunk).is_err() {
            return;
        }
    }
    drop(stream);
    drop_finished(body);
}

#[inline(never)]
fn recurse(depth: u64) -> u64 {
    if black_box(depth) == 0 { 0 } else { black_box(recurse(depth - 1)) + 1 }
}
