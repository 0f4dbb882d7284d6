//! The plan's steps and canonical options.

use super::plan::Context;
use crate::failure::{Code, Failure, Outcome};
use serde_json::{Value, json};
use wasmtime_environ::EntityRef;
use wasmtime_environ::component::{
    CanonicalOptions, CanonicalOptionsDataModel, GlobalInitializer, InstantiateModule, StringEncoding,
};

impl Context<'_, '_> {
    /// In order. It also learns which modules are adapters, on which signatures in core definitions depend.
    pub fn steps(&mut self) -> Outcome<Vec<Value>> {
        let initializers = &self.translation.component.initializers;
        for initializer in initializers {
            if let GlobalInitializer::InstantiateModule(InstantiateModule::Static(module, _), None) = initializer {
                self.adapters.insert(module.index());
            }
        }
        initializers.iter().map(|initializer| self.step(initializer)).collect()
    }

    fn step(&mut self, initializer: &GlobalInitializer) -> Outcome<Value> {
        let component = &self.translation.component;
        Ok(match initializer {
            GlobalInitializer::InstantiateModule(InstantiateModule::Static(module, args), instance) => {
                let imports = self.modules[*module].module.imports();
                let args = imports
                    .zip(args.iter())
                    .map(|((namespace, name, _), def)| Ok(json!([namespace, name, self.def(def)?])));
                let args = args.collect::<Outcome<Vec<_>>>()?;
                self.instances.push(*module);
                let instance = instance.map(|instance| instance.as_u32());
                json!({ "op": "instantiate", "module": module.index(), "componentInstance": instance, "args": args })
            }
            GlobalInitializer::InstantiateModule(InstantiateModule::Import(..), _) => {
                return Err(unsupported("the runner does not serve imported core modules"));
            }
            GlobalInitializer::LowerImport { index, import } => {
                let (import, path) = &component.imports[*import];
                let interface = &component.import_types[*import].0;
                let name =
                    std::iter::once(interface).chain(path).map(|name| name.as_str()).collect::<Vec<_>>().join("#");
                self.lowered.insert(index.as_u32(), name);
                json!({ "op": "lower", "index": index.as_u32(), "interface": interface, "path": path })
            }
            GlobalInitializer::ExtractMemory(memory) => {
                let (instance, item) = (memory.export.instance, &memory.export.item);
                let def = json!({ "i": instance.as_u32(), "n": self.export_name(instance, item)? });
                json!({ "op": "memory", "index": memory.index.as_u32(), "def": def })
            }
            GlobalInitializer::ExtractTable(table) => {
                json!({ "op": "table", "index": table.index.as_u32(), "instance": table.export.instance.as_u32() })
            }
            GlobalInitializer::ExtractRealloc(realloc) => {
                json!({ "op": "realloc", "index": realloc.index.as_u32(), "def": self.def(&realloc.def)? })
            }
            GlobalInitializer::ExtractCallback(callback) => {
                json!({ "op": "callback", "index": callback.index.as_u32(), "def": self.def(&callback.def)? })
            }
            GlobalInitializer::ExtractPostReturn(post) => {
                json!({ "op": "postReturn", "index": post.index.as_u32(), "def": self.def(&post.def)? })
            }
            GlobalInitializer::Resource(resource) => json!({
                "op": "resource",
                "index": component.resource_index(resource.index).as_u32(),
                "componentInstance": resource.instance.as_u32(),
                "dtor": resource.dtor.as_ref().map(|def| self.def(def)).transpose()?,
            }),
        })
    }

    pub fn options(&self) -> Outcome<Vec<Value>> {
        self.translation.component.options.iter().map(|(_, options)| self.option(options)).collect()
    }

    fn option(&self, options: &CanonicalOptions) -> Outcome<Value> {
        let CanonicalOptionsDataModel::LinearMemory(linear) = &options.data_model else {
            return Err(unsupported("the runner does not pass values in garbage-collected memory"));
        };
        let encoding = match options.string_encoding {
            StringEncoding::Utf8 => "utf8",
            StringEncoding::Utf16 => "utf16",
            StringEncoding::CompactUtf16 => "latin1+utf16",
        };
        Ok(json!({
            "componentInstance": options.instance.as_u32(),
            "encoding": encoding,
            "memory": linear.memory.map(|index| index.as_u32()),
            "realloc": linear.realloc.map(|index| index.as_u32()),
            "postReturn": options.post_return.map(|index| index.as_u32()),
            "callback": options.callback.map(|index| index.as_u32()),
            "async": options.async_,
            "core": self.signature(options.core_type),
        }))
    }
}

fn unsupported(message: &str) -> Failure {
    Failure::new(Code::UnsupportedComponent, message)
}
