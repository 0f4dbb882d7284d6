//! Where a guest looks whether its time is over: at loop heads every 256 turns, at the entry of functions that call
//! others, and before instructions that may write a whole memory. `facts`: 0 to 28 % of code that only computes.

use super::encode::{Fallible, Rewriter};
use wasm_encoder::reencode::Reencode;
use wasm_encoder::{BlockType, BranchHint, CodeSection, Function, MemArg, MemArgTarget, ValType};
use wasmparser::{FunctionBody, Operator};

/// A loop looks at every turn whose number has none of these bits.
const TURNS: i32 = 255;

impl Rewriter<'_> {
    /// `if (epoch) deadline()`. The load is atomic, so that no compiler may hoist it out of a loop. Returns the hint that
    /// the branch is not taken.
    pub(super) fn check(&self, function: &mut Function) -> BranchHint {
        let epoch = MemArg { offset: 0, align: 2, target: MemArgTarget::Memory(self.epoch_memory()), ordering: None };
        function.instructions().i32_const(0).i32_atomic_load(epoch);
        let hint = unlikely(function);
        function.instructions().if_(BlockType::Empty).call(self.deadline_function()).end();
        hint
    }

    /// Counts turns in a local, which costs less than a load, and calls the outlined check.
    fn loop_check(&self, function: &mut Function, counter: u32) -> BranchHint {
        function.instructions().local_get(counter).i32_const(1).i32_add().local_tee(counter);
        function.instructions().i32_const(TURNS).i32_and().i32_eqz();
        let hint = unlikely(function);
        function.instructions().if_(BlockType::Empty).call(self.check_function()).end();
        hint
    }

    pub(super) fn checked_body(&mut self, section: &mut CodeSection, body: FunctionBody<'_>) -> Fallible<()> {
        let (loops, calls) = shape(&body)?;
        let (mut function, counter) = self.locals(&body, loops)?;
        let mut hints = vec![];
        if calls {
            hints.push(self.check(&mut function));
        }
        let mut reader = body.get_operators_reader()?;
        while !reader.eof() {
            let operator = reader.read()?;
            let is_loop = matches!(operator, Operator::Loop { .. });
            if is_bulk(&operator) {
                hints.push(self.check(&mut function));
            }
            let instruction = self.instruction(operator)?;
            function.instruction(&instruction);
            if is_loop {
                hints.push(self.loop_check(&mut function, counter));
            }
        }
        if !hints.is_empty() {
            self.hints.push((self.own_function(self.current), hints));
        }
        section.function(&function);
        Ok(())
    }

    /// A function with the body's locals, and one more to count turns where there are loops.
    fn locals(&mut self, body: &FunctionBody<'_>, loops: bool) -> Fallible<(Function, u32)> {
        let ty = self.survey.functions.get(self.current).copied().unwrap_or_default();
        let mut counter = self.survey.parameters.get(ty as usize).copied().unwrap_or_default();
        let mut locals = vec![];
        for local in body.get_locals_reader()? {
            let (count, ty) = local?;
            counter = counter.saturating_add(count);
            locals.push((count, self.val_type(ty)?));
        }
        if loops {
            locals.push((1, ValType::I32));
        }
        Ok((Function::new(locals), counter))
    }
}

fn unlikely(function: &Function) -> BranchHint {
    BranchHint { branch_func_offset: function.byte_len() as u32, branch_hint_value: 0 }
}

/// Whether a body has loops, and calls.
fn shape(body: &FunctionBody<'_>) -> Fallible<(bool, bool)> {
    use Operator as O;
    let (mut loops, mut calls) = (false, false);
    let mut reader = body.get_operators_reader()?;
    while !reader.eof() {
        match reader.read()? {
            O::Loop { .. } => loops = true,
            O::Call { .. } | O::CallIndirect { .. } | O::CallRef { .. } => calls = true,
            O::ReturnCall { .. } | O::ReturnCallIndirect { .. } | O::ReturnCallRef { .. } => calls = true,
            _ => {}
        }
    }
    Ok((loops, calls))
}

/// One of these can take seconds, and a loop of 256 of them minutes.
fn is_bulk(operator: &Operator<'_>) -> bool {
    use Operator as O;
    matches!(
        operator,
        O::MemoryFill { .. }
            | O::MemoryCopy { .. }
            | O::MemoryInit { .. }
            | O::TableFill { .. }
            | O::TableCopy { .. }
            | O::TableInit { .. }
            | O::TableGrow { .. }
            | O::ArrayFill { .. }
            | O::ArrayCopy { .. }
            | O::ArrayInitData { .. }
            | O::ArrayInitElem { .. }
            | O::ArrayNew { .. }
            | O::ArrayNewDefault { .. }
            | O::ArrayNewData { .. }
            | O::ArrayNewElem { .. }
    )
}
