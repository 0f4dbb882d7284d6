//! Builds the type table: every type once, by wasmparser's identity, so that a name, an alias and a structure stay apart.

use crate::failure::{Code, Failure, Outcome};
use crate::features::Features;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use wasmparser::component_types::{
    ComponentAnyTypeId, ComponentCoreModuleTypeId, ComponentEntityType, ComponentItem, ComponentTypeId, ResourceId,
};
use wasmparser::types::TypesRef;

/// A table is parsed, cached and compared as a whole: what is larger is no interface that anybody wrote.
const MAX_ROWS: usize = 100_000;

/// The table under construction. Types and resources are numbered in the order in which they are met.
pub struct Table<'a> {
    pub(crate) types: TypesRef<'a>,
    pub(crate) rows: Vec<Value>,
    ids: HashMap<ComponentAnyTypeId, usize>,
    pub(crate) modules: HashMap<ComponentCoreModuleTypeId, usize>,
    resources: Vec<Value>,
    resource_ids: HashMap<ResourceId, usize>,
    /// Where the walk is: the side, then the names down from the world.
    path: Vec<String>,
    sides: [Vec<Value>; 2],
    async_exports: Vec<String>,
}

/// What the binary is made of; `components` are the nested ones.
#[derive(Default)]
pub struct Counts {
    pub bytes: usize,
    pub core_modules: u32,
    pub components: u32,
}

impl<'a> Table<'a> {
    pub fn new(types: TypesRef<'a>) -> Self {
        Table {
            types,
            rows: vec![],
            ids: HashMap::new(),
            modules: HashMap::new(),
            resources: vec![],
            resource_ids: HashMap::new(),
            path: vec![],
            sides: [vec![], vec![]],
            async_exports: vec![],
        }
    }

    /// Imports come first: a resource belongs to the first place that names it, and imports may not name exports.
    pub fn imports(&mut self, names: &[String]) -> Outcome<()> {
        self.path = vec!["import".into()];
        for name in names {
            self.side(0, name, self.types.component_item_for_import(name))?;
        }
        Ok(())
    }

    pub fn exports(&mut self, names: &[String]) -> Outcome<()> {
        self.path = vec!["export".into()];
        for name in names {
            self.side(1, name, self.types.component_item_for_export(name))?;
        }
        Ok(())
    }

    /// The imports and exports of a component's type, as if they were the component's own.
    pub fn world(&mut self, world: ComponentTypeId) -> Outcome<()> {
        let types = self.types;
        let world = &types[world];
        for (index, (side, items)) in [("import", &world.imports), ("export", &world.exports)].into_iter().enumerate() {
            self.path = vec![side.into()];
            for (name, item) in items {
                self.side(index, name, Some(item))?;
            }
        }
        Ok(())
    }

    fn side(&mut self, side: usize, name: &str, item: Option<&ComponentItem>) -> Outcome<()> {
        let item = item.ok_or_else(|| Failure::new(Code::Internal, "the validator lost an item").about(name))?;
        let value = self.item(name, item);
        self.sides[side].push(value);
        if self.rows.len() > MAX_ROWS {
            return Err(
                Failure::new(Code::TooLarge, format!("the component has more than {MAX_ROWS} types")).about(name)
            );
        }
        Ok(())
    }

    /// Exported functions of an async type, as `interface#function`.
    pub fn async_exports(&self) -> &[String] {
        &self.async_exports
    }

    pub fn finish(self, counts: Counts, features: &Features) -> Value {
        let [imports, exports] = self.sides;
        json!({
            "format": 1,
            "imports": imports,
            "exports": exports,
            "types": self.rows,
            "resources": self.resources,
            "size": { "bytes": counts.bytes, "coreModules": counts.core_modules, "components": counts.components },
            "features": features.json(),
        })
    }

    pub(crate) fn item(&mut self, name: &str, item: &ComponentItem) -> Value {
        self.path.push(item.full_name(name).into_owned());
        let mut out = Map::new();
        out.insert("name".into(), item.full_name(name).into());
        if let Some(implements) = item.full_implements() {
            out.insert("implements".into(), implements.into());
        }
        let (kind, key, value) = match item.ty {
            ComponentEntityType::Instance(id) => ("instance", "type", self.any(ComponentAnyTypeId::Instance(id))),
            ComponentEntityType::Func(id) => {
                if self.types[id].async_ && self.path[0] == "export" {
                    self.async_exports.push(self.path[1..].join("#"));
                }
                ("func", "type", self.any(ComponentAnyTypeId::Func(id)))
            }
            ComponentEntityType::Component(id) => ("component", "type", self.any(ComponentAnyTypeId::Component(id))),
            ComponentEntityType::Module(id) => ("module", "type", self.module(id)),
            ComponentEntityType::Value(ty) => ("value", "type", self.val(&ty)),
            ComponentEntityType::Type { created: ComponentAnyTypeId::Resource(id), .. } => {
                ("resource", "resource", self.resource(id.resource()))
            }
            ComponentEntityType::Type { created, .. } => ("type", "type", self.any(created)),
        };
        out.insert("kind".into(), kind.into());
        out.insert(key.into(), value);
        self.path.pop();
        Value::Object(out)
    }

    /// A resource is numbered by identity; its home is the first place that names it.
    pub(crate) fn resource(&mut self, id: ResourceId) -> Value {
        if let Some(index) = self.resource_ids.get(&id) {
            return json!(index);
        }
        let index = self.resources.len();
        self.resource_ids.insert(id, index);
        self.resources.push(json!({ "side": self.path[0], "home": self.path[1..] }));
        json!(index)
    }

    /// The reference to a type: the index of its row.
    pub(crate) fn any(&mut self, id: ComponentAnyTypeId) -> Value {
        if let ComponentAnyTypeId::Resource(id) = id {
            return self.resource(id.resource());
        }
        if let Some(index) = self.ids.get(&id) {
            return json!(index);
        }
        // Children first: a row names only rows before it, so the table has no cycles by construction.
        let row = match self.types.peel_alias(id) {
            Some(target) => json!({ "kind": "alias", "to": self.any(target) }),
            None => self.row(id),
        };
        let index = self.rows.len();
        self.rows.push(row);
        self.ids.insert(id, index);
        json!(index)
    }
}
