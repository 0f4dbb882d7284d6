//! `flatten`: a component to core modules and the plan to link them, by wasmtime-environ's translation.

mod exports;
mod names;
mod peephole;
mod plan;
mod steps;
mod trampolines;
mod types;

use crate::failure::{Code, Failure, Outcome, because};
use crate::features::{self, Features};
use crate::inspect::{Bodies, read};
use crate::rewrite::rewrite;
use serde_json::{Value, json};
use std::collections::HashSet;
use wasmtime_environ::component::{ComponentTypesBuilder, Translator};
use wasmtime_environ::wasmparser::{Validator, WasmFeatures};
use wasmtime_environ::{EntityRef, ScopeVec, Tunables};

/// What decides the adapters' ABI. Part of every plan, so that two engines are never mixed.
const ENGINE: &str = "wasmtime-environ 49.0.5, concurrency off";

/// The plan, and the core modules by its numbers: guests rewritten for deadlines and snapshots, adapters as they are.
pub fn flatten(bytes: &[u8], deadlines: bool) -> Outcome<(Value, Vec<Vec<u8>>)> {
    refuse(&check(bytes)?)?;
    let scope = ScopeVec::new();
    let mut tunables = Tunables::default_u32();
    // Adapters then call straight through, but where a borrow crosses. Sound without async lifts, which were refused.
    tunables.concurrency_support = false;
    let mut validator = Validator::new_with_features(translated());
    let mut builder = ComponentTypesBuilder::new(&validator);
    let (translation, modules) = Translator::new(&tunables, &mut validator, &mut builder, &scope)
        .translate(bytes)
        .map_err(|error| Failure::new(Code::UnsupportedComponent, format!("{error:#}")))?;
    let resource_tables = builder.num_resource_tables();
    let (types, _) = builder.finish(&translation.component);

    let mut cx = plan::Context::new(&types, &modules, &translation);
    let steps = cx.steps()?;
    let options = cx.options()?;
    let trampolines = cx.trampolines();
    let exports = cx.exports()?;
    if let Some(name) = cx.passes_async {
        let message = format!("the runner does not pass streams, futures and error contexts yet: {name}");
        return Err(Failure::new(Code::UnsupportedComponent, message).about(name));
    }
    let instances = names::component_instances(bytes, translation.component.num_runtime_component_instances)?;
    cx.check_names(bytes, &instances)?;

    let (mut code, mut metadata) = (vec![], vec![]);
    for (index, module) in modules.iter() {
        let (bytes, about) = match cx.adapters.contains(&index.index()) {
            true => adapter(module.wasm)?,
            false => guest(module.wasm, deadlines)?,
        };
        code.push(bytes);
        metadata.push(about);
    }
    let plan = json!({
        "format": 1,
        "engine": ENGINE,
        "componentInstances": instances.iter().map(names::Named::json).collect::<Vec<_>>(),
        "modules": metadata,
        "steps": steps,
        "options": options,
        "trampolines": trampolines,
        "exports": exports,
        "resourceTables": cx.resource_tables(resource_tables),
        "importedResources": cx.imported_resources(),
        "types": cx.interned,
    });
    Ok((plan, code))
}

/// What the runner's engine compiles without a flag, and what the translator reads: more is refused here, before a rollout.
fn runnable() -> wasmparser::WasmFeatures {
    use wasmparser::WasmFeatures as F;
    F::WASM3
        | F::COMPONENT_MODEL
        | F::CM_FIXED_LENGTH_LISTS
        | F::CM_IMPLEMENTS
        | F::CM_MAP
        | F::CM_ASYNC
        | F::CM_MORE_ASYNC_BUILTINS
        | F::CM_ASYNC_STACKFUL
        | F::CM_ERROR_CONTEXT
}

/// What the translator is told to accept. Async builtins that no sync function needs are linked by some guests.
fn translated() -> WasmFeatures {
    WasmFeatures::WASM3
        | WasmFeatures::THREADS
        | WasmFeatures::COMPONENT_MODEL
        | WasmFeatures::CM_FIXED_LENGTH_LISTS
        | WasmFeatures::CM_IMPLEMENTS
        | WasmFeatures::CM_MAP
        | WasmFeatures::CM_ASYNC
        | WasmFeatures::CM_MORE_ASYNC_BUILTINS
        | WasmFeatures::CM_ASYNC_STACKFUL
        | WasmFeatures::CM_ERROR_CONTEXT
}

/// The translator reads no function body, and its validator does not count nested modules: the newest one does both.
fn check(bytes: &[u8]) -> Outcome<Features> {
    match read(bytes, runnable(), Bodies::Check) {
        Ok((_, features)) => Ok(features),
        Err(failure) if matches!(failure.code, Code::InvalidComponent) => {
            let valid = read(bytes, wasmparser::WasmFeatures::all(), Bodies::Check).is_ok();
            let code = if valid { Code::UnsupportedComponent } else { Code::InvalidComponent };
            Err(Failure { code, ..failure })
        }
        Err(failure) => Err(failure),
    }
}

fn refuse(features: &Features) -> Outcome<()> {
    let Some((feature, name)) = features.found().next() else { return Ok(()) };
    let message = match *feature {
        features::LIFT => format!("the runner does not run async functions yet: {name}"),
        features::LOWER => format!("the runner does not serve async imports yet: {name}"),
        features::OBJECTS => {
            format!(
                "the runner does not run code that makes garbage-collected objects, their heap has no limit yet: {name}"
            )
        }
        "module-import" => format!("the runner does not serve imported core modules: {name}"),
        "component-import" => format!("the runner does not serve imported components: {name}"),
        "types-only" => "this is a world: it has types, and no code to run".into(),
        "value-import" => format!("the runner does not serve imported values: {name}"),
        _ => format!("the runner does not run this: {name}"),
    };
    Err(Failure::new(Code::UnsupportedComponent, message).about(name))
}

fn adapter(wasm: &[u8]) -> Outcome<(Vec<u8>, Value)> {
    let bytes = peephole::run(wasm).map_err(because(Code::Internal))?;
    let about = json!({
        "adapter": true, "size": bytes.len(), "memories": [], "deadlines": false,
        "globals": [], "tables": [], "notResettable": null,
    });
    Ok((bytes, about))
}

fn guest(wasm: &[u8], deadlines: bool) -> Outcome<(Vec<u8>, Value)> {
    let done = rewrite(wasm, deadlines)?;
    let memory = |(minimum, maximum): &(u64, Option<u64>)| match maximum {
        Some(maximum) => json!({ "minimum": minimum, "maximum": maximum }),
        None => json!({ "minimum": minimum }),
    };
    let about = json!({
        "adapter": false,
        "size": done.bytes.len(),
        "memories": done.memories.iter().map(memory).collect::<Vec<_>>(),
        "deadlines": done.deadlines,
        "globals": done.globals,
        "tables": done.tables,
        "notResettable": done.not_resettable,
    });
    Ok((done.bytes, about))
}

/// Module numbers of the adapters: the modules that no component instance owns.
type Adapters = HashSet<usize>;
