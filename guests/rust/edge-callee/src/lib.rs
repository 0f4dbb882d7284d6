//! Answers the calls of the edge bench with as little work as shows that the arguments arrived.

wit_bindgen::generate!({ path: "../../wit", world: "edge-callee" });

use exports::tenon::test::callee::{Guest, Three};

struct Callee;
export!(Callee);

impl Guest for Callee {
    fn weigh(value: Three) -> u32 {
        (value.first.len() + value.second.len() + value.third.len()) as u32
    }

    fn measure(bytes: Vec<u8>) -> u32 {
        bytes.len() as u32 + u32::from(bytes.last().copied().unwrap_or(0))
    }
}
