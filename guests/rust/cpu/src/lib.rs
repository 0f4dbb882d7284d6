//! Answers with the SHA-256 of 1 MiB, worked out anew for every request.

use std::hint::black_box;

use guest_http::answer;
use sha2::{Digest, Sha256};
use wasip2::http::types::{IncomingRequest, ResponseOutparam};

struct Cpu;
wasip2::http::proxy::export!(Cpu);

impl wasip2::exports::http::incoming_handler::Guest for Cpu {
    fn handle(_: IncomingRequest, out: ResponseOutparam) {
        let block = [b'a'; 4096];
        let mut hash = Sha256::new();
        for _ in 0..256 {
            hash.update(black_box(&block));
        }
        let hex: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        answer(out, 200, &hex);
    }
}
