//! The functions that the linker has to make.

use super::plan::Context;
use serde_json::{Value, json};
use wasmtime_environ::component::Trampoline;

impl Context<'_, '_> {
    pub fn trampolines(&mut self) -> Vec<Value> {
        let translation = self.translation;
        let one = |(index, trampoline)| {
            let mut value = self.trampoline(trampoline);
            value["core"] = self.signature(translation.component.trampolines[index]);
            value
        };
        translation.trampolines.iter().map(one).collect()
    }

    fn trampoline(&mut self, trampoline: &Trampoline) -> Value {
        let resource = |kind: &str, instance: u32, table: u32| json!({ "kind": kind, "componentInstance": instance, "table": table });
        match trampoline {
            Trampoline::LowerImport { index, lower_ty, options } => {
                self.function_name = self.lowered.get(&index.as_u32()).cloned().unwrap_or_default();
                let ty = self.function(*lower_ty);
                json!({ "kind": "lower", "index": index.as_u32(), "options": options.as_u32(), "type": ty })
            }
            Trampoline::Transcoder { op, from, to, .. } => {
                json!({ "kind": "transcode", "what": op.symbol_fragment(), "from": from.as_u32(), "to": to.as_u32() })
            }
            Trampoline::ResourceNew { instance, ty } => resource("resource.new", instance.as_u32(), ty.as_u32()),
            Trampoline::ResourceRep { instance, ty } => resource("resource.rep", instance.as_u32(), ty.as_u32()),
            Trampoline::ResourceDrop { instance, ty } => resource("resource.drop", instance.as_u32(), ty.as_u32()),
            Trampoline::ResourceTransferOwn => json!({ "kind": "transfer.own" }),
            Trampoline::ResourceTransferBorrow => json!({ "kind": "transfer.borrow" }),
            Trampoline::EnterSyncCall => json!({ "kind": "enter-sync-call" }),
            Trampoline::ExitSyncCall => json!({ "kind": "exit-sync-call" }),
            Trampoline::Trap(trap) => json!({ "kind": "trap", "message": trap.to_string() }),
            other => json!({ "kind": "async", "name": other.symbol_name() }),
        }
    }
}
