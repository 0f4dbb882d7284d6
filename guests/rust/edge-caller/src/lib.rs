//! Calls its import in a loop: what one call costs is the time of the loop divided by its length.

wit_bindgen::generate!({ path: "../../wit", world: "edge-caller" });

use exports::tenon::test::caller::Guest;
use tenon::test::callee::{Three, measure, weigh};

struct Caller;
export!(Caller);

impl Guest for Caller {
    fn records(calls: u32) -> u64 {
        let value = Three {
            first: "f2b1c7d0-alice".into(),
            second: "Alice in Wonderland".into(),
            third: "alice@wonderland.example".into(),
        };
        (0..calls).map(|_| u64::from(weigh(&value))).sum()
    }

    fn bytes(calls: u32) -> u64 {
        let list = vec![7_u8; 65_536];
        (0..calls).map(|_| u64::from(measure(&list))).sum()
    }
}
