//! What the parts of the plan share: the translation, and core definitions as JSON.

use super::Adapters;
use super::names::Named;
use crate::failure::{Code, Failure, Outcome};
use serde_json::{Value, json};
use std::collections::HashMap;
use wasmtime_environ::component::{
    ComponentTranslation, ComponentTypes, CoreDef, ExportItem, GlobalInitializer, InstantiateModule, InterfaceType,
    RuntimeInstanceIndex, TypeResourceTable, TypeResourceTableIndex,
};
use wasmtime_environ::{
    EntityIndex, EntityRef, ModuleInternedTypeIndex, ModuleTranslation, PrimaryMap, StaticModuleIndex, WasmValType,
};

pub struct Context<'a, 'd> {
    pub(super) types: &'a ComponentTypes,
    pub(super) modules: &'a PrimaryMap<StaticModuleIndex, ModuleTranslation<'d>>,
    pub(super) translation: &'a ComponentTranslation,
    pub(super) adapters: Adapters,
    /// Of every static module: what its items are exported as.
    export_names: HashMap<StaticModuleIndex, HashMap<EntityIndex, String>>,
    /// By instance number: its module.
    pub(super) instances: Vec<StaticModuleIndex>,
    /// Types by number, as the plan lists them.
    pub interned: Vec<Value>,
    pub(super) numbers: HashMap<InterfaceType, usize>,
    /// By lowered index: the imported function.
    pub(super) lowered: HashMap<u32, String>,
    /// The function whose types are being read, for `passes_async`.
    pub(super) function_name: String,
    /// The first function that passes a stream, a future or an error context.
    pub passes_async: Option<String>,
}

impl<'a, 'd> Context<'a, 'd> {
    pub fn new(
        types: &'a ComponentTypes,
        modules: &'a PrimaryMap<StaticModuleIndex, ModuleTranslation<'d>>,
        translation: &'a ComponentTranslation,
    ) -> Self {
        let names = |module: &ModuleTranslation<'_>| {
            let exports = module.module.exports.iter();
            exports.map(|(name, index)| (*index, module.module.strings[name].to_string())).collect()
        };
        Context {
            types,
            modules,
            translation,
            adapters: Adapters::new(),
            export_names: modules.iter().map(|(index, module)| (index, names(module))).collect(),
            instances: vec![],
            interned: vec![],
            numbers: HashMap::new(),
            lowered: HashMap::new(),
            function_name: String::new(),
            passes_async: None,
        }
    }

    /// Where a core import comes from.
    pub(super) fn def(&self, def: &CoreDef) -> Outcome<Value> {
        Ok(match def {
            CoreDef::Export(export) => self.core_export(export.instance, &export.item)?,
            CoreDef::InstanceFlags(instance) => json!({ "flags": instance.as_u32() }),
            CoreDef::Trampoline(trampoline) => json!({ "trampoline": trampoline.as_u32() }),
            CoreDef::UnsafeIntrinsic(intrinsic) => json!({ "intrinsic": intrinsic.name() }),
        })
    }

    fn core_export(&self, instance: RuntimeInstanceIndex, item: &ExportItem<EntityIndex>) -> Outcome<Value> {
        let mut value = json!({ "i": instance.as_u32(), "n": self.export_name(instance, item)? });
        let module = self.instances[instance.as_u32() as usize];
        if let (true, ExportItem::Index(index @ EntityIndex::Function(_))) =
            (self.adapters.contains(&module.index()), item)
        {
            let ty = self.modules[module].module.type_of(*index).unwrap_func().unwrap_module_type_index();
            value["core"] = self.signature(ty);
        }
        Ok(value)
    }

    pub(super) fn export_name<T: Copy + Into<EntityIndex>>(
        &self,
        instance: RuntimeInstanceIndex,
        item: &ExportItem<T>,
    ) -> Outcome<String> {
        let index: EntityIndex = match item {
            ExportItem::Name(name) => return Ok(name.clone()),
            ExportItem::Index(index) => (*index).into(),
        };
        let module = self.instances.get(instance.as_u32() as usize);
        let name = module.and_then(|module| self.export_names[module].get(&index)).cloned();
        name.ok_or_else(|| {
            Failure::new(Code::Internal, format!("core instance {} does not export {index:?}", instance.as_u32()))
        })
    }

    /// `iil:i` is i32 i32 i64 -> i32; a reference is `r`.
    pub(super) fn signature(&self, ty: ModuleInternedTypeIndex) -> Value {
        let letter = |ty: &WasmValType| match ty {
            WasmValType::I32 => 'i',
            WasmValType::I64 => 'l',
            WasmValType::F32 => 'f',
            WasmValType::F64 => 'd',
            _ => 'r',
        };
        let function = self.types.module_types()[ty].unwrap_func();
        let params: String = function.params().iter().map(letter).collect();
        let results: String = function.results().iter().map(letter).collect();
        json!(format!("{params}:{results}"))
    }

    /// By table: the resource, and the component instance whose handles they are.
    pub fn resource_tables(&self, count: usize) -> Vec<Value> {
        let table = |index: usize| match &self.types[TypeResourceTableIndex::from_u32(index as u32)] {
            TypeResourceTable::Concrete { ty, instance } => json!([ty.as_u32(), instance.as_u32()]),
            TypeResourceTable::Abstract(_) => Value::Null,
        };
        (0..count).map(table).collect()
    }

    pub fn imported_resources(&self) -> Vec<Value> {
        let component = &self.translation.component;
        let import = |index| {
            let (import, path) = &component.imports[index];
            json!([component.import_types[*import].0, path])
        };
        component.imported_resources.iter().map(|(_, index)| import(*index)).collect()
    }

    /// Grants hang on instance paths, so a wrong one must not pass: a component instance's core modules have to lie inside
    /// the component that the walk over the binary gave it.
    pub fn check_names(&self, bytes: &[u8], named: &[Named]) -> Outcome<()> {
        let start = bytes.as_ptr() as usize;
        for initializer in &self.translation.component.initializers {
            let GlobalInitializer::InstantiateModule(InstantiateModule::Static(module, _), Some(instance)) =
                initializer
            else {
                continue;
            };
            let offset = (self.modules[*module].wasm.as_ptr() as usize).wrapping_sub(start);
            let inside = named.get(instance.as_u32() as usize).is_some_and(|named| named.range.contains(&offset));
            if !inside {
                let message = format!(
                    "component instance {} does not contain the core module that it instantiates",
                    instance.as_u32()
                );
                return Err(Failure::new(Code::UnsupportedComponent, message));
            }
        }
        Ok(())
    }
}
