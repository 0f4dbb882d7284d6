//! Interface types by number, each once.

use super::plan::Context;
use serde_json::{Value, json};
use wasmtime_environ::component::{InterfaceType, TypeFuncIndex};

impl Context<'_, '_> {
    pub(super) fn function(&mut self, index: TypeFuncIndex) -> Value {
        let types = self.types;
        let function = &types[index];
        let params: Vec<_> = types[function.params].types.iter().map(|ty| self.number(ty)).collect();
        let results: Vec<_> = types[function.results].types.iter().map(|ty| self.number(ty)).collect();
        let names: Vec<_> = function.param_names.iter().map(|name| name.to_string()).collect();
        json!({ "names": names, "params": params, "results": results, "async": function.async_ })
    }

    fn number(&mut self, ty: &InterfaceType) -> usize {
        if let Some(number) = self.numbers.get(ty) {
            return *number;
        }
        let value = self.structure(ty);
        let number = self.interned.len();
        self.interned.push(value);
        self.numbers.insert(*ty, number);
        number
    }

    fn optional(&mut self, ty: &Option<InterfaceType>) -> Option<usize> {
        ty.as_ref().map(|ty| self.number(ty))
    }

    fn structure(&mut self, ty: &InterfaceType) -> Value {
        let types = self.types;
        if let InterfaceType::Stream(_) | InterfaceType::Future(_) | InterfaceType::ErrorContext(_) = ty {
            self.passes_async.get_or_insert_with(|| self.function_name.clone());
        }
        match ty {
            InterfaceType::Record(index) => {
                let fields =
                    types[*index].fields.iter().map(|field| json!([field.name.to_string(), self.number(&field.ty)]));
                json!({ "record": fields.collect::<Vec<_>>() })
            }
            InterfaceType::Variant(index) => {
                let cases = types[*index].cases.iter().map(|(name, ty)| json!([name.to_string(), self.optional(ty)]));
                json!({ "variant": cases.collect::<Vec<_>>() })
            }
            InterfaceType::List(index) => json!({ "list": self.number(&types[*index].element) }),
            InterfaceType::FixedLengthList(index) => {
                let list = &types[*index];
                json!({ "array": [self.number(&list.element), list.size] })
            }
            InterfaceType::Tuple(index) => {
                json!({ "tuple": types[*index].types.iter().map(|ty| self.number(ty)).collect::<Vec<_>>() })
            }
            InterfaceType::Flags(index) => json!({ "flags": strings(types[*index].names.iter()) }),
            InterfaceType::Enum(index) => json!({ "enum": strings(types[*index].names.iter()) }),
            InterfaceType::Option(index) => json!({ "option": self.number(&types[*index].ty) }),
            InterfaceType::Result(index) => {
                let result = &types[*index];
                json!({ "result": [self.optional(&result.ok), self.optional(&result.err)] })
            }
            InterfaceType::Map(index) => {
                let map = &types[*index];
                json!({ "map": [self.number(&map.key), self.number(&map.value)] })
            }
            InterfaceType::Own(table) => json!({ "own": table.as_u32() }),
            InterfaceType::Borrow(table) => json!({ "borrow": table.as_u32() }),
            InterfaceType::Stream(table) => {
                let payload = types[types[*table].ty].payload;
                json!({ "stream": self.optional(&payload) })
            }
            InterfaceType::Future(table) => {
                let payload = types[types[*table].ty].payload;
                json!({ "future": self.optional(&payload) })
            }
            InterfaceType::ErrorContext(_) => json!("errorcontext"),
            primitive => json!(format!("{primitive:?}").to_lowercase()),
        }
    }
}

fn strings<T: ToString>(names: impl Iterator<Item = T>) -> Vec<String> {
    names.map(|name| name.to_string()).collect()
}
