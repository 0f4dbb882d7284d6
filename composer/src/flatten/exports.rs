//! What the component exports.

use super::plan::Context;
use crate::failure::{Code, Failure, Outcome};
use serde_json::{Map, Value, json};
use wasmtime_environ::component::{Export, ExportIndex, TypeDef};

impl Context<'_, '_> {
    pub fn exports(&mut self) -> Outcome<Value> {
        let translation = self.translation;
        let mut out = Map::new();
        for (name, (export, _)) in translation.component.exports.raw_iter() {
            if let Some(value) = self.export(name, *export)? {
                out.insert(name.to_string(), value);
            }
        }
        Ok(Value::Object(out))
    }

    /// None for a type: it has nothing to call.
    fn export(&mut self, name: &str, index: ExportIndex) -> Outcome<Option<Value>> {
        let translation = self.translation;
        Ok(match &translation.component.export_items[index] {
            Export::LiftedFunction { ty, func, options } => {
                self.function_name = name.into();
                Some(json!({ "func": self.def(func)?, "options": options.as_u32(), "type": self.function(*ty) }))
            }
            Export::Instance { exports, .. } => {
                let (mut items, mut resources) = (Map::new(), Map::new());
                for (item, (export, _)) in exports.raw_iter() {
                    if let Export::Type(TypeDef::Resource(table)) = &translation.component.export_items[*export] {
                        resources.insert(item.to_string(), json!(table.as_u32()));
                    } else if let Some(value) = self.export(&format!("{name}#{item}"), *export)? {
                        items.insert(item.to_string(), value);
                    }
                }
                let mut value = json!({ "instance": items });
                if !resources.is_empty() {
                    value["resources"] = Value::Object(resources);
                }
                Some(value)
            }
            Export::Type(_) => None,
            Export::ModuleStatic { .. } | Export::ModuleImport { .. } => {
                let message = format!("the runner does not export core modules: {name}");
                return Err(Failure::new(Code::UnsupportedComponent, message).about(name));
            }
        })
    }
}
