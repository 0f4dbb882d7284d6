//! What a component uses that the runner does not run, each with the name of the function or import that uses it.

use crate::objects::Objects;
use indexmap::IndexSet;
use serde_json::{Value, json};
use wasmparser::types::TypesRef;
use wasmparser::{
    CanonicalFunction, CanonicalOption, ComponentAlias, ComponentExternalKind, ComponentTypeRef, Encoding,
    ExternalKind, MemoryType, Payload, Result, TableType, TypeRef,
};

pub const LIFT: &str = "async-lift";
pub const LOWER: &str = "async-lower";
pub const OBJECTS: &str = "garbage-collected-objects";

/// Collects while a binary is read, payload by payload.
#[derive(Default)]
pub struct Features {
    frames: Vec<Frame>,
    /// Core modules that were read to their end.
    modules: u32,
    found: IndexSet<(&'static str, String)>,
}

/// A component or core module that is being read: what its functions and instances are called, by index.
#[derive(Default)]
struct Frame {
    module: bool,
    objects: Objects,
    core_functions: Vec<String>,
    functions: Vec<String>,
    instances: Vec<String>,
}

impl Features {
    /// `(feature, name)` in the order of the binary.
    pub fn found(&self) -> impl Iterator<Item = &(&'static str, String)> {
        self.found.iter()
    }

    /// By kind: functions that are lifted or exported as async, imports that are lowered so, and all the rest.
    pub fn json(&self) -> Value {
        let named = |wanted: &str| -> Value {
            self.found.iter().filter(|(feature, _)| *feature == wanted).map(|(_, name)| name.as_str()).collect()
        };
        let rest = self.found.iter().filter(|(feature, _)| *feature != LIFT && *feature != LOWER);
        let rest: Value = rest.map(|(feature, name)| json!({ "feature": feature, "name": name })).collect();
        json!({ "asyncLifts": named(LIFT), "asyncLowers": named(LOWER), "other": rest })
    }

    /// Exported functions of an async type, which no sync lift could serve.
    pub fn exports(&mut self, names: &[String]) {
        self.found.extend(names.iter().map(|name| (LIFT, name.clone())));
    }

    /// WIT in binary form: it can be read and compared, and not run.
    pub fn types_only(&mut self) {
        self.found.insert(("types-only", "a world without code".into()));
    }

    /// `types` is the validator's view of the component that the payload belongs to, after the payload.
    pub fn payload(&mut self, payload: &Payload<'_>, types: Option<TypesRef<'_>>) -> Result<()> {
        match payload {
            Payload::Version { encoding, .. } => {
                self.frames.push(Frame { module: *encoding == Encoding::Module, ..Frame::default() });
            }
            Payload::End(_) => {
                if let Some(frame) = self.frames.pop().filter(|frame| frame.module) {
                    self.end_of_module(frame.objects);
                }
            }
            _ => {
                if let Some(mut frame) = self.frames.pop() {
                    let read = if frame.module {
                        self.module(payload, &mut frame)
                    } else {
                        self.component(payload, types, &mut frame)
                    };
                    self.frames.push(frame);
                    read?;
                }
            }
        }
        Ok(())
    }

    fn module(&mut self, payload: &Payload<'_>, frame: &mut Frame) -> Result<()> {
        frame.objects.payload(payload)?;
        match payload {
            Payload::ImportSection(section) => {
                for import in section.clone().into_imports() {
                    let import = import?;
                    match import.ty {
                        TypeRef::Memory(memory) => self.memory(&memory),
                        TypeRef::Table(table) => self.table(&table),
                        _ => {}
                    }
                }
            }
            Payload::MemorySection(section) => {
                for memory in section.clone() {
                    self.memory(&memory?);
                }
            }
            Payload::TableSection(section) => {
                for table in section.clone() {
                    self.table(&table?.ty);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn end_of_module(&mut self, objects: Objects) {
        if let Some(made_by) = objects.made_by {
            let name = objects.name.map(|name| format!(" `{name}`")).unwrap_or_default();
            self.add(OBJECTS, format!("{made_by} in core module {}{name}", self.modules));
        }
        self.modules += 1;
    }

    fn memory(&mut self, memory: &MemoryType) {
        if memory.memory64 {
            self.add("memory64", "a 64-bit memory");
        }
        if memory.shared {
            self.add("shared-memory", "a shared memory");
        }
        if memory.page_size_log2.is_some() {
            self.add("custom-page-size", "a memory with pages of another size");
        }
    }

    fn table(&mut self, table: &TableType) {
        if table.table64 {
            self.add("memory64", "a 64-bit table");
        }
    }

    fn add(&mut self, feature: &'static str, name: impl Into<String>) {
        self.found.insert((feature, name.into()));
    }

    fn component(&mut self, payload: &Payload<'_>, types: Option<TypesRef<'_>>, frame: &mut Frame) -> Result<()> {
        match payload {
            Payload::ComponentImportSection(section) => {
                for import in section.clone() {
                    let import = import?;
                    self.import(import.name.name, &import.ty, frame);
                }
            }
            Payload::ComponentInstanceSection(section) => {
                frame.instances.extend((0..section.count()).map(|_| String::new()));
            }
            Payload::ComponentAliasSection(section) => {
                for alias in section.clone() {
                    frame.alias(alias?);
                }
            }
            Payload::ComponentExportSection(section) => {
                for export in section.clone() {
                    let export = export?;
                    match export.kind {
                        ComponentExternalKind::Func => frame.functions.push(export.name.name.into()),
                        ComponentExternalKind::Instance => frame.instances.push(export.name.name.into()),
                        _ => {}
                    }
                }
            }
            Payload::ComponentCanonicalSection(section) => {
                for function in section.clone() {
                    self.canonical(function?, types, frame);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn import(&mut self, name: &str, ty: &ComponentTypeRef, frame: &mut Frame) {
        match ty {
            ComponentTypeRef::Func(_) => frame.functions.push(name.into()),
            ComponentTypeRef::Instance(_) => frame.instances.push(name.into()),
            // Inside a composition an instantiation serves these; at the root nobody does.
            ComponentTypeRef::Module(_) if self.frames.is_empty() => self.add("module-import", name),
            ComponentTypeRef::Component(_) if self.frames.is_empty() => self.add("component-import", name),
            ComponentTypeRef::Value(_) => self.add("value-import", name),
            _ => {}
        }
    }

    fn canonical(&mut self, function: CanonicalFunction, types: Option<TypesRef<'_>>, frame: &mut Frame) {
        let is_async = |options: &[CanonicalOption]| options.contains(&CanonicalOption::Async);
        match function {
            CanonicalFunction::Lift { core_func_index, options, .. } => {
                let name = frame.core_functions.get(core_func_index as usize).cloned().unwrap_or_default();
                if is_async(&options) {
                    self.add(LIFT, name.trim_start_matches("[async-lift]"));
                }
                frame.functions.push(name);
            }
            CanonicalFunction::Lower { func_index, options } => {
                let name = frame.functions.get(func_index as usize).cloned().unwrap_or_default();
                let of_async_type = types.is_some_and(|types| types[types.component_function_at(func_index)].async_);
                if is_async(&options) || of_async_type {
                    self.add(LIFT, name.clone());
                }
                frame.core_functions.push(name);
            }
            // Builtins: linked by some guests that never need them.
            _ => frame.core_functions.push(String::new()),
        }
    }
}

impl Frame {
    fn alias(&mut self, alias: ComponentAlias<'_>) {
        match alias {
            ComponentAlias::InstanceExport { kind: ComponentExternalKind::Func, instance_index, name } => {
                let instance = self.instances.get(instance_index as usize).map_or("", |name| name.as_str());
                self.functions.push(if instance.is_empty() { name.into() } else { format!("{instance}#{name}") });
            }
            ComponentAlias::InstanceExport { kind: ComponentExternalKind::Instance, name, .. } => {
                self.instances.push(name.into());
            }
            ComponentAlias::CoreInstanceExport { kind: ExternalKind::Func | ExternalKind::FuncExact, name, .. } => {
                self.core_functions.push(name.into());
            }
            _ => {}
        }
    }
}
