//! Gives every argument back.

use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering};

wit_bindgen::generate!({ path: "../../wit", world: "echo-server" });

use exports::tenon::test::echo::{
    Colour, Counter as CounterHandle, CounterBorrow, Deep, Failure, Guest, GuestCounter, Many, Mixed, Person, Shape,
    Ten, Three,
};

struct Echo;
export!(Echo);

static LIVE: AtomicU32 = AtomicU32::new(0);

struct Counter(Cell<u32>);

impl Counter {
    fn starting_at(start: u32) -> Self {
        LIVE.fetch_add(1, Ordering::Relaxed);
        Self(Cell::new(start))
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        LIVE.fetch_sub(1, Ordering::Relaxed);
    }
}

impl GuestCounter for Counter {
    fn new(start: u32) -> Self {
        Self::starting_at(start)
    }
    fn parse(text: String) -> Result<CounterHandle, String> {
        let start = text.parse().map_err(|_| format!("not a number: {text}"))?;
        Ok(CounterHandle::new(Self::starting_at(start)))
    }
    fn add(&self, by: u32) -> u32 {
        self.0.set(self.0.get().wrapping_add(by));
        self.0.get()
    }
    fn value(&self) -> u32 {
        self.0.get()
    }
}

/// Functions that give their one argument back.
macro_rules! echoes {
    ($($name:ident: $type:ty),* $(,)?) => { $(fn $name(value: $type) -> $type { value })* };
}

impl Guest for Echo {
    type Counter = Counter;

    fn unit() {}
    echoes! {
        echo_bool: bool, echo_s8: i8, echo_u8: u8, echo_s16: i16, echo_u16: u16, echo_s32: i32, echo_u32: u32, echo_s64: i64, echo_u64: u64, echo_f32: f32, echo_f64: f64,
        echo_char: char, echo_string: String, echo_bytes: Vec<u8>, echo_numbers: Vec<i64>, echo_doubles: Vec<f64>, echo_bools: Vec<bool>,
        echo_chars: Vec<char>, echo_strings: Vec<String>, echo_people: Vec<Person>, echo_lists: Vec<Vec<String>>, echo_pair: (u8, String),
        echo_triple: (f32, u64, bool), echo_person: Person, echo_mixed: Mixed, echo_shape: Shape, echo_shapes: Vec<Shape>, echo_colour: Colour,
        echo_three: Three, echo_ten: Ten, echo_many: Many, echo_maybe: Option<String>, echo_maybe_maybe: Option<Option<u32>>,
        echo_outcome: Result<u32, String>, echo_outcome_empty: Result<(), ()>, echo_outcomes: Vec<Result<String, Failure>>,
        echo_deep: Deep, echo_own: CounterHandle, echo_owns: Vec<CounterHandle>, echo_maybe_own: Option<CounterHandle>,
    }
    fn wide(
        a: u32,
        b: String,
        c: u32,
        d: String,
        e: u32,
        f: String,
        g: u32,
        h: String,
        i: u32,
        j: String,
        k: u32,
        l: String,
    ) -> Vec<String> {
        vec![a.to_string(), b, c.to_string(), d, e.to_string(), f, g.to_string(), h, i.to_string(), j, k.to_string(), l]
    }

    fn borrow_value(value: CounterBorrow<'_>) -> u32 {
        value.get::<Counter>().value()
    }
    fn borrow_sum(values: Vec<CounterBorrow<'_>>) -> u32 {
        values.iter().map(|counter| counter.get::<Counter>().value()).sum()
    }
    fn live() -> u32 {
        LIVE.load(Ordering::Relaxed)
    }
}
