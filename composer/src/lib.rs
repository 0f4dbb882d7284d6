//! The engine of Tenon: a thin shell over the Rust libraries of the component model, itself a component without imports.
//!
//! Everything that a user decides or reads lives in TypeScript; see `composer/index.ts` for the facade.

mod compose;
mod failure;
mod features;
mod flatten;
mod inspect;
mod last_words;
mod objects;
mod rewrite;
mod rows;
mod table;
mod wac;
mod world;

mod bindings {
    wit_bindgen::generate!({ path: "wit", world: "composer" });
    use super::Engine;
    export!(Engine);
}

use bindings::exports::tenon::composer::engine::{Flat, Guest, Heap, PackageName, Source, WacPackage, Wiring};
use failure::Outcome;

struct Engine;

impl Guest for Engine {
    fn inspect(bytes: Vec<u8>) -> Outcome<String> {
        inspect::inspect(&bytes).map(|table| table.to_string())
    }

    fn compose(components: Vec<Vec<u8>>, wiring: Wiring) -> Outcome<Vec<u8>> {
        compose::compose(components, &wiring)
    }

    fn wac_packages(source: String) -> Outcome<Vec<PackageName>> {
        wac::packages(&source)
    }

    fn evaluate_wac(source: String, packages: Vec<WacPackage>, components: Vec<Vec<u8>>) -> Outcome<Wiring> {
        wac::evaluate(&source, &packages, components)
    }

    fn world(sources: Vec<Source>, name: Option<String>) -> Outcome<Vec<u8>> {
        world::world(sources, name.as_deref())
    }

    fn flatten(bytes: Vec<u8>, deadlines: bool) -> Outcome<Flat> {
        flatten::flatten(&bytes, deadlines).map(|(plan, modules)| Flat { plan: plan.to_string(), modules })
    }

    fn memory() -> Heap {
        last_words::install();
        Heap { bytes: last_words::memory_bytes(), last_words: last_words::address() }
    }
}
