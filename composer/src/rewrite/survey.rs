//! What a core module holds: read once, before it is rewritten.

use super::OWN;
use crate::failure::{Code, Failure, Outcome, because};
use wasmparser::{
    AbstractHeapType, CompositeInnerType, DataKind, ElementKind, GlobalType, HeapType, MemoryType, Operator, Parser,
    Payload, RefType, Result, SubType, TypeRef, ValType,
};

#[derive(Default)]
pub struct Survey {
    /// Parameters of every type by index; zero for what is no function.
    pub parameters: Vec<u32>,
    pub types: u32,
    pub imported_functions: u32,
    pub imported_memories: u32,
    pub imported_tables: u32,
    imported_globals: u32,
    /// Types of the module's own functions.
    pub functions: Vec<u32>,
    pub memories: Vec<MemoryType>,
    pub tables: u32,
    /// By index, imported ones counted.
    pub mutable_globals: Vec<u32>,
    pub not_resettable: Option<String>,
    passive: bool,
}

impl Survey {
    pub fn read(wasm: &[u8]) -> Outcome<Survey> {
        let mut survey = Survey::default();
        for payload in Parser::new(0).parse_all(wasm) {
            let payload = payload.map_err(because(Code::InvalidComponent))?;
            if let Payload::ImportSection(section) = &payload {
                for import in section.clone().into_imports() {
                    let import = import.map_err(because(Code::InvalidComponent))?;
                    if import.module == OWN {
                        return Err(reserved("imports from", import.name));
                    }
                }
            }
            if let Payload::ExportSection(section) = &payload {
                for export in section.clone() {
                    let export = export.map_err(because(Code::InvalidComponent))?;
                    if is_reserved(export.name) {
                        return Err(reserved("exports", export.name));
                    }
                }
            }
            survey.payload(payload).map_err(because(Code::InvalidComponent))?;
        }
        Ok(survey)
    }

    fn payload(&mut self, payload: Payload<'_>) -> Result<()> {
        match payload {
            Payload::TypeSection(section) => {
                for group in section {
                    group?.types().for_each(|ty| self.ty(ty));
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    match import?.ty {
                        TypeRef::Func(_) | TypeRef::FuncExact(_) => self.imported_functions += 1,
                        TypeRef::Memory(_) => self.imported_memories += 1,
                        TypeRef::Table(_) => self.imported_tables += 1,
                        TypeRef::Global(_) => self.imported_globals += 1,
                        TypeRef::Tag(_) => {}
                    }
                }
            }
            Payload::FunctionSection(section) => self.functions = section.into_iter().collect::<Result<_>>()?,
            Payload::TableSection(section) => {
                for table in section {
                    self.tables += 1;
                    self.keeps(table?.ty.element_type);
                }
            }
            Payload::MemorySection(section) => self.memories = section.into_iter().collect::<Result<_>>()?,
            Payload::GlobalSection(section) => {
                for (nth, global) in section.into_iter().enumerate() {
                    self.global(self.imported_globals + nth as u32, global?.ty);
                }
            }
            Payload::ElementSection(section) => {
                for element in section {
                    self.passive |= matches!(element?.kind, ElementKind::Passive);
                }
            }
            Payload::DataSection(section) => {
                for data in section {
                    self.passive |= matches!(data?.kind, DataKind::Passive);
                }
            }
            // Passive data comes after the code, so its drops are looked for wherever a count announces segments.
            Payload::DataCountSection { count, .. } => self.passive |= count > 0,
            Payload::CodeSectionEntry(body) if self.passive && self.not_resettable.is_none() => {
                let mut reader = body.get_operators_reader()?;
                while !reader.eof() {
                    if let Operator::DataDrop { .. } | Operator::ElemDrop { .. } = reader.read()? {
                        self.cannot("it drops segments");
                        break;
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn ty(&mut self, ty: &SubType) {
        self.types += 1;
        let parameters = match &ty.composite_type.inner {
            CompositeInnerType::Func(function) => function.params().len() as u32,
            CompositeInnerType::Cont(_) => 0,
            CompositeInnerType::Array(_) | CompositeInnerType::Struct(_) => {
                self.cannot("it has garbage-collected objects");
                0
            }
        };
        self.parameters.push(parameters);
    }

    fn global(&mut self, index: u32, ty: GlobalType) {
        if !ty.mutable {
            return;
        }
        match ty.content_type {
            // JavaScript can't read these two, and an export of them would be of no use.
            ValType::V128 => self.cannot("it has a mutable global of type v128"),
            ValType::Ref(reference) if !self.keeps(reference) => {}
            _ => self.mutable_globals.push(index),
        }
    }

    /// Whether JavaScript can read a reference and write it back.
    fn keeps(&mut self, reference: RefType) -> bool {
        use AbstractHeapType::{Extern, Func, NoExtern, NoFunc};
        let kept = match reference.heap_type() {
            HeapType::Abstract { ty, .. } => matches!(ty, Func | NoFunc | Extern | NoExtern),
            // Of a function type, or `cannot` was called when the type was read.
            HeapType::Concrete(_) | HeapType::Exact(_) => true,
        };
        if !kept {
            self.cannot("it keeps references that a snapshot can't hold");
        }
        kept
    }

    fn cannot(&mut self, reason: &str) {
        self.not_resettable.get_or_insert_with(|| reason.into());
    }
}

/// Names that the rewriting may add: `tenon:global3`, `tenon:table0`.
fn is_reserved(name: &str) -> bool {
    let number =
        ["global", "table"].iter().find_map(|kind| name.strip_prefix(OWN)?.strip_prefix(':')?.strip_prefix(kind));
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

fn reserved(verb: &str, name: &str) -> Failure {
    let message = format!("a core module {verb} `{OWN}`, a name that is kept for the runner: {name}");
    Failure::new(Code::UnsupportedComponent, message).about(name)
}
