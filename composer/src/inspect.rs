//! `inspect`: a component's bytes to its imports, exports and type table.
//!
//! The table is read from wasmparser's validator, the judge that a composed component must satisfy in the end. It knows
//! every legal component (nested instances, plain functions and types, core modules, `implements`), and the identity of
//! resources, which a WIT `Resolve` and wac's own types lose.

use crate::failure::{Code, Failure, Outcome, refused};
use crate::features::Features;
use crate::table::{Counts, Table};
use serde_json::Value;
use wasmparser::component_types::{ComponentAnyTypeId, ComponentEntityType, ComponentTypeId};
use wasmparser::types::TypesRef;
use wasmparser::{Encoding, FuncValidatorAllocations, Parser, Payload, ValidPayload, Validator, WasmFeatures};

/// Reads the type table. Function bodies are left to `compose` and `flatten`: they have no part in a component's type.
pub fn inspect(bytes: &[u8]) -> Outcome<Value> {
    Ok(read(bytes, WasmFeatures::all(), Bodies::Skip)?.0)
}

pub enum Bodies {
    Skip,
    Check,
}

/// One pass over the binary: validates it, and returns the type table and what the runner would refuse to run.
pub fn read(bytes: &[u8], allowed: WasmFeatures, bodies: Bodies) -> Outcome<(Value, Features)> {
    if !Parser::is_component(bytes) {
        return Err(Failure::new(Code::NotAComponent, not_a_component(bytes)));
    }
    let mut validator = Validator::new_with_features(allowed);
    let mut features = Features::default();
    let mut allocations = FuncValidatorAllocations::default();
    let (mut imports, mut exports, mut depth, mut counts) = (vec![], vec![], 0u32, Counts::default());
    counts.bytes = bytes.len();
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(invalid)?;
        match &payload {
            Payload::Version { encoding, .. } => {
                depth += 1;
                counts.core_modules += (*encoding == Encoding::Module) as u32;
                counts.components += (*encoding == Encoding::Component && depth > 1) as u32;
            }
            Payload::ComponentImportSection(section) if depth == 1 => {
                for import in section.clone() {
                    imports.push(import.map_err(invalid)?.name.name.to_string());
                }
            }
            Payload::ComponentExportSection(section) if depth == 1 => {
                for export in section.clone() {
                    exports.push(export.map_err(invalid)?.name.name.to_string());
                }
            }
            _ => {}
        }
        match validator.payload(&payload).map_err(invalid)? {
            ValidPayload::Func(function, body) if matches!(bodies, Bodies::Check) => {
                let mut check = function.into_validator(allocations);
                check.validate(&body).map_err(invalid)?;
                allocations = check.into_allocations();
            }
            ValidPayload::End(types) => {
                depth -= 1;
                if depth == 0 {
                    let mut table = Table::new(types.as_ref());
                    match only_world(types.as_ref(), &imports, &exports) {
                        Some(world) => {
                            table.world(world)?;
                            features.types_only();
                        }
                        None => {
                            table.imports(&imports)?;
                            table.exports(&exports)?;
                        }
                    }
                    features.exports(table.async_exports());
                    return Ok((table.finish(counts, &features), features));
                }
            }
            _ => {}
        }
        features.payload(&payload, validator.types(0)).map_err(invalid)?;
    }
    Err(Failure::new(Code::InvalidComponent, "the binary ends before the component does"))
}

/// WIT in binary form is a component that exports types and nothing else; a type that holds just a component is a world.
/// One world is read as such. Of several, none is.
fn only_world(types: TypesRef<'_>, imports: &[String], exports: &[String]) -> Option<ComponentTypeId> {
    let mut found = None;
    if !imports.is_empty() {
        return None;
    }
    for name in exports {
        let ComponentEntityType::Type { created: ComponentAnyTypeId::Component(id), .. } =
            types.component_item_for_export(name)?.ty
        else {
            return None;
        };
        let holder = &types[id];
        for item in holder.exports.values() {
            let ComponentEntityType::Component(world) = item.ty else { continue };
            if found.replace(world).is_some() || holder.exports.len() != 1 || !holder.imports.is_empty() {
                return None;
            }
        }
    }
    found
}

fn invalid(error: wasmparser::BinaryReaderError) -> Failure {
    refused(Code::InvalidComponent)(error)
}

fn not_a_component(bytes: &[u8]) -> &'static str {
    match bytes {
        [] => "the file is empty",
        _ if Parser::is_core_wasm(bytes) => {
            "this is a core WebAssembly module, not a component; wrap it with `wasm-tools component new` or `jco new`"
        }
        [0, b'a', b's', b'm', ..] => "this is WebAssembly of an unknown version",
        [b'(', ..] => "this is WebAssembly text; translate it with `wasm-tools parse` or `jco parse`",
        _ => "this is not a WebAssembly binary",
    }
}
