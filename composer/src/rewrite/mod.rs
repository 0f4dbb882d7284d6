//! Rewrites a guest's core module for the runner: memories become imports, state becomes exported, and deadlines are kept
//! by checks in the code. `runner/link/plan.ts` says what each name means.

mod checks;
mod encode;
mod survey;

use crate::failure::{Code, Failure, Outcome};
use encode::Rewriter;
use survey::Survey;
use wasm_encoder::reencode::Reencode;
use wasm_encoder::{Encode, Module, Section};
use wasmparser::Parser;

/// The module that the added imports come from, and the prefix of added exports. Guests may not use them.
pub(crate) const OWN: &str = "tenon";

pub struct Rewritten {
    pub bytes: Vec<u8>,
    /// Minimum and maximum in pages, of the memories that became imports.
    pub memories: Vec<(u64, Option<u64>)>,
    pub deadlines: bool,
    pub globals: Vec<String>,
    pub tables: Vec<String>,
    /// Why a snapshot can't bring the module back.
    pub not_resettable: Option<String>,
}

/// The module has to be valid. Without functions of its own it needs no checks, so `deadlines` may come out false.
pub fn rewrite(wasm: &[u8], deadlines: bool) -> Outcome<Rewritten> {
    let survey = Survey::read(wasm)?;
    let mut rewriter = Rewriter::new(&survey, deadlines && !survey.functions.is_empty());
    let mut module = Module::new();
    rewriter
        .parse_core_module(&mut module, Parser::new(0), wasm)
        .map_err(|error| Failure::new(Code::Internal, format!("the core module can't be rewritten: {error}")))?;
    let deadlines = rewriter.deadlines();
    let bytes = with_hints(module.finish(), &rewriter);
    Ok(Rewritten {
        bytes,
        memories: survey.memories.iter().map(|memory| (memory.initial, memory.maximum)).collect(),
        deadlines,
        globals: survey.mutable_globals.iter().map(|index| global_name(*index)).collect(),
        tables: (0..survey.tables).map(|nth| table_name(survey.imported_tables + nth)).collect(),
        not_resettable: survey.not_resettable,
    })
}

fn global_name(index: u32) -> String {
    format!("{OWN}:global{index}")
}

fn table_name(index: u32) -> String {
    format!("{OWN}:table{index}")
}

/// Hints are known after the code, and have to stand before it.
fn with_hints(bytes: Vec<u8>, rewriter: &Rewriter<'_>) -> Vec<u8> {
    let (Some(hints), Some(at)) = (rewriter.hints(), rewriter.code_offset) else { return bytes };
    let mut out = Vec::with_capacity(bytes.len() + 64);
    out.extend(&bytes[..at]);
    out.push(hints.id());
    hints.encode(&mut out);
    out.extend(&bytes[at..]);
    out
}
