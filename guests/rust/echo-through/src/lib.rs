//! Serves the echo interface by asking its import: every kind of type crosses an edge, there and back.

use std::cell::{Ref, RefCell};

mod pass_on;

wit_bindgen::generate!({ path: "../../wit", world: "echo-through", merge_structurally_equal_types: true });

use exports::tenon::test::echo::{
    Colour, Counter as Handle, CounterBorrow, Deep, Failure, Guest, GuestCounter, Many, Mixed, Person, Shape, Ten,
    Three,
};
use exports::tenon::test::resources;
use tenon::test::echo as next;

struct Through;
export!(Through);

/// A counter of the next component, behind one of ours. It is taken out while it travels on its own.
struct Counter(RefCell<Option<next::Counter>>);

impl Counter {
    fn wrap(inner: next::Counter) -> Handle {
        Handle::new(Self(RefCell::new(Some(inner))))
    }
    fn unwrap(handle: &Handle) -> next::Counter {
        handle.get::<Self>().0.take().expect("the counter is here")
    }
    fn inner(&self) -> Ref<'_, next::Counter> {
        Ref::map(self.0.borrow(), |inner| inner.as_ref().expect("the counter is here"))
    }
}

impl GuestCounter for Counter {
    fn new(start: u32) -> Self {
        Self(RefCell::new(Some(next::Counter::new(start))))
    }
    fn parse(text: String) -> Result<Handle, String> {
        next::Counter::parse(&text).map(Self::wrap)
    }
    fn add(&self, by: u32) -> u32 {
        self.inner().add(by)
    }
    fn value(&self) -> u32 {
        self.inner().value()
    }
}

/// Functions whose argument is passed on by value, or by reference.
macro_rules! forwards {
    ($($name:ident: $type:ty),* $(,)?) => { $(fn $name(value: $type) -> $type { next::$name(value) })* };
}
macro_rules! forwards_reference {
    ($($name:ident: $type:ty),* $(,)?) => { $(fn $name(value: $type) -> $type { next::$name(&value) })* };
}

impl Guest for Through {
    type Counter = Counter;

    fn unit() {
        next::unit();
    }
    forwards! {
        echo_bool: bool, echo_s8: i8, echo_u8: u8, echo_s16: i16, echo_u16: u16, echo_s32: i32, echo_u32: u32,
        echo_s64: i64, echo_u64: u64, echo_f32: f32, echo_f64: f64, echo_char: char, echo_triple: (f32, u64, bool),
        echo_mixed: Mixed, echo_colour: Colour, echo_three: Three, echo_ten: Ten, echo_many: Many,
        echo_maybe_maybe: Option<Option<u32>>, echo_outcome_empty: Result<(), ()>,
    }
    forwards_reference! {
        echo_string: String, echo_bytes: Vec<u8>, echo_numbers: Vec<i64>, echo_doubles: Vec<f64>,
        echo_bools: Vec<bool>, echo_chars: Vec<char>, echo_strings: Vec<String>, echo_people: Vec<Person>,
        echo_lists: Vec<Vec<String>>, echo_person: Person, echo_shape: Shape, echo_shapes: Vec<Shape>,
        echo_outcomes: Vec<Result<String, Failure>>, echo_deep: Deep,
    }
    fn echo_pair((number, text): (u8, String)) -> (u8, String) {
        next::echo_pair((number, &text))
    }
    fn echo_maybe(value: Option<String>) -> Option<String> {
        next::echo_maybe(value.as_deref())
    }
    fn echo_outcome(value: Result<u32, String>) -> Result<u32, String> {
        next::echo_outcome(value.as_ref().map(|number| *number).map_err(String::as_str))
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
        next::wide(a, &b, c, &d, e, &f, g, &h, i, &j, k, &l)
    }

    fn echo_own(value: Handle) -> Handle {
        Counter::wrap(next::echo_own(Counter::unwrap(&value)))
    }
    fn echo_owns(value: Vec<Handle>) -> Vec<Handle> {
        let inner = value.iter().map(Counter::unwrap).collect();
        next::echo_owns(inner).into_iter().map(Counter::wrap).collect()
    }
    fn echo_maybe_own(value: Option<Handle>) -> Option<Handle> {
        next::echo_maybe_own(value.as_ref().map(Counter::unwrap)).map(Counter::wrap)
    }
    fn borrow_value(value: CounterBorrow<'_>) -> u32 {
        next::borrow_value(&value.get::<Counter>().inner())
    }
    fn borrow_sum(values: Vec<CounterBorrow<'_>>) -> u32 {
        let inner: Vec<_> = values.iter().map(|counter| counter.get::<Counter>().inner()).collect();
        next::borrow_sum(&inner.iter().map(|counter| &**counter).collect::<Vec<_>>())
    }
    fn live() -> u32 {
        next::live()
    }
}

impl resources::Guest for Through {
    fn pass_on(rounds: u32) -> Result<u32, String> {
        (0..rounds).try_for_each(|_| pass_on::once())?;
        Ok(next::live())
    }
    fn drop_twice() {
        let counter = next::Counter::new(1);
        // SAFETY: it is not: this is what a broken guest does, and the host must catch it.
        let again = unsafe { next::Counter::from_handle(counter.handle()) };
        drop(counter);
        drop(again);
    }
}
