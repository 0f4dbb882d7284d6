//! Passes counters to the next component and back, and looks at them in between.

use crate::next::{self, Counter};

/// Every way once; all counters are gone afterwards.
pub fn once() -> Result<(), String> {
    let before = next::live();
    let mut first = Counter::new(1);
    equal("a counter that was added to", first.add(4), 5)?;
    first = next::echo_own(first);
    equal("an own that came back", first.value(), 5)?;
    equal("a borrow", next::borrow_value(&first), 5)?;
    let all = next::echo_owns(vec![first, Counter::new(10), Counter::new(100)]);
    equal("a list of own", all.len() as u32, 3)?;
    equal("the live counters", next::live() - before, 3)?;
    let borrows: Vec<&Counter> = all.iter().chain(all.first()).collect();
    equal("a list of borrow, one of them twice", next::borrow_sum(&borrows), 120)?;
    let parsed = Counter::parse("7").map_err(|error| format!("parse: {error}"))?;
    let parsed = next::echo_maybe_own(Some(parsed)).ok_or("an option lost its own")?;
    equal("an option of own", parsed.value(), 7)?;
    if next::echo_maybe_own(None).is_some() {
        return Err("none became some".into());
    }
    match Counter::parse("seven") {
        Err(error) if error == "not a number: seven" => {}
        other => return Err(format!("parse of no number: {:?}", other.map(|counter| counter.value()))),
    }
    drop(all);
    drop(parsed);
    equal("the counters that are left", next::live(), before)
}

fn equal(what: &str, found: u32, expected: u32) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("{what}: expected {expected}, found {found}")) }
}
