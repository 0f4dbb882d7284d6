//! The rows of the type table: what each kind of type is made of.

use crate::table::Table;
use serde_json::{Value, json};
use wasmparser::component_types::{
    ComponentAnyTypeId, ComponentCoreModuleTypeId, ComponentDefinedType, ComponentItem, ComponentValType,
};
use wasmparser::types::EntityType;

impl Table<'_> {
    pub(crate) fn row(&mut self, id: ComponentAnyTypeId) -> Value {
        let types = self.types;
        match id {
            ComponentAnyTypeId::Defined(id) => self.defined(&types[id]),
            ComponentAnyTypeId::Func(id) => {
                let func = &types[id];
                let params: Vec<_> =
                    func.params.iter().map(|(name, ty)| json!([name.as_str(), self.val(ty)])).collect();
                json!({ "kind": "func", "async": func.async_, "params": params, "result": self.opt(&func.result) })
            }
            ComponentAnyTypeId::Instance(id) => {
                json!({ "kind": "instance", "exports": self.items(&types[id].exports) })
            }
            ComponentAnyTypeId::Component(id) => {
                let ty = &types[id];
                json!({ "kind": "component", "imports": self.items(&ty.imports), "exports": self.items(&ty.exports) })
            }
            ComponentAnyTypeId::Resource(_) => unreachable!("resources have a table of their own"),
        }
    }

    fn items<'b>(&mut self, items: impl IntoIterator<Item = (&'b String, &'b ComponentItem)>) -> Vec<Value> {
        items.into_iter().map(|(name, item)| self.item(name, item)).collect()
    }

    pub(crate) fn val(&mut self, ty: &ComponentValType) -> Value {
        match ty {
            ComponentValType::Primitive(primitive) => json!(primitive.to_string()),
            ComponentValType::Type(id) => self.any(ComponentAnyTypeId::Defined(*id)),
        }
    }

    fn opt(&mut self, ty: &Option<ComponentValType>) -> Value {
        ty.as_ref().map_or(Value::Null, |ty| self.val(ty))
    }

    fn defined(&mut self, ty: &ComponentDefinedType) -> Value {
        use ComponentDefinedType as Type;
        match ty {
            Type::Primitive(primitive) => json!({ "kind": "alias", "to": primitive.to_string() }),
            Type::Record(record) => {
                let fields: Vec<_> =
                    record.fields.iter().map(|(name, ty)| json!([name.as_str(), self.val(ty)])).collect();
                json!({ "kind": "record", "fields": fields })
            }
            Type::Variant(variant) => {
                let cases: Vec<_> =
                    variant.cases.iter().map(|(name, case)| json!([name.as_str(), self.opt(&case.ty)])).collect();
                json!({ "kind": "variant", "cases": cases })
            }
            Type::Tuple(tuple) => {
                let of: Vec<_> = tuple.types.iter().map(|ty| self.val(ty)).collect();
                json!({ "kind": "tuple", "of": of })
            }
            Type::Flags(names) => json!({ "kind": "flags", "names": strings(names.iter().map(|name| name.as_str())) }),
            Type::Enum(names) => json!({ "kind": "enum", "names": strings(names.iter().map(|name| name.as_str())) }),
            Type::List { element, .. } => json!({ "kind": "list", "of": self.val(element) }),
            Type::FixedLengthList { element, length, .. } => {
                json!({ "kind": "list", "of": self.val(element), "length": length })
            }
            Type::Map { key, value, .. } => json!({ "kind": "map", "key": self.val(key), "value": self.val(value) }),
            Type::Option { ty, .. } => json!({ "kind": "option", "of": self.val(ty) }),
            Type::Result { ok, err, .. } => json!({ "kind": "result", "ok": self.opt(ok), "err": self.opt(err) }),
            Type::Own(id) => json!({ "kind": "own", "resource": self.resource(id.resource()) }),
            Type::Borrow(id) => json!({ "kind": "borrow", "resource": self.resource(id.resource()) }),
            Type::Future { ty, .. } => json!({ "kind": "future", "of": self.opt(ty) }),
            Type::Stream { ty, .. } => json!({ "kind": "stream", "of": self.opt(ty) }),
        }
    }

    /// Core types stay text: they are compared for equality by us and by real subtyping only in the validator.
    pub(crate) fn module(&mut self, id: ComponentCoreModuleTypeId) -> Value {
        if let Some(index) = self.modules.get(&id) {
            return json!(index);
        }
        let ty = &self.types[id];
        let imports: Vec<_> =
            ty.imports.iter().map(|((module, name), ty)| json!([module, name, self.core(ty)])).collect();
        let exports: Vec<_> = ty.exports.iter().map(|(name, ty)| json!([name, self.core(ty)])).collect();
        let index = self.rows.len();
        self.rows.push(json!({ "kind": "module", "imports": imports, "exports": exports }));
        self.modules.insert(id, index);
        json!(index)
    }

    fn core(&self, ty: &EntityType) -> String {
        match ty {
            EntityType::Func(id) | EntityType::FuncExact(id) | EntityType::Tag(id) => self.types[*id].to_string(),
            other => format!("{other:?}"),
        }
    }
}

fn strings<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    names.collect()
}
