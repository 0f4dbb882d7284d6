//! The rewriting itself: sections that change, and those that have to be made because the module has none.

use super::survey::Survey;
use super::{OWN, global_name, table_name};
use std::convert::Infallible;
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{
    BranchHint, BranchHints, CodeSection, EntityType, ExportKind, ExportSection, Function, FunctionSection,
    ImportSection, MemorySection, MemoryType, Module, SectionId, TypeSection,
};

pub(super) type Fallible<T> = Result<T, Error<Infallible>>;

/// Functions: imported, then the added `deadline`, then the module's own, then the outlined check. Memories: imported, the
/// module's own (now imported too, so that their indexes stay), then the epoch.
pub struct Rewriter<'a> {
    pub(super) survey: &'a Survey,
    deadlines: bool,
    pub(super) hints: Vec<(u32, Vec<BranchHint>)>,
    /// Where the code section begins in the output.
    pub code_offset: Option<usize>,
    /// Of the function that is being written, among the module's own.
    pub(super) current: usize,
    has_types: bool,
    has_imports: bool,
    has_exports: bool,
}

impl<'a> Rewriter<'a> {
    pub fn new(survey: &'a Survey, deadlines: bool) -> Self {
        Rewriter {
            survey,
            deadlines,
            hints: vec![],
            code_offset: None,
            current: 0,
            has_types: false,
            has_imports: false,
            has_exports: false,
        }
    }

    pub fn deadlines(&self) -> bool {
        self.deadlines
    }

    pub(super) fn deadline_function(&self) -> u32 {
        self.survey.imported_functions
    }

    pub(super) fn own_function(&self, nth: usize) -> u32 {
        self.survey.imported_functions + self.deadlines as u32 + nth as u32
    }

    pub(super) fn check_function(&self) -> u32 {
        self.own_function(self.survey.functions.len())
    }

    pub(super) fn epoch_memory(&self) -> u32 {
        self.survey.imported_memories + self.survey.memories.len() as u32
    }

    /// A custom section; none without hints.
    pub fn hints(&self) -> Option<BranchHints> {
        let mut section = BranchHints::new();
        for (function, hints) in &self.hints {
            section.function_hints(*function, hints.iter().copied());
        }
        (!self.hints.is_empty()).then_some(section)
    }

    fn add_types(&mut self, section: &mut TypeSection) {
        self.has_types = true;
        if self.deadlines {
            section.ty().function([], []);
        }
    }

    fn add_imports(&mut self, section: &mut ImportSection) -> Fallible<()> {
        self.has_imports = true;
        for (nth, memory) in self.survey.memories.iter().enumerate() {
            let memory = self.memory_type(*memory)?;
            section.import(OWN, &format!("memory{nth}"), memory);
        }
        if self.deadlines {
            section.import(OWN, "deadline", EntityType::Function(self.survey.types));
            let epoch =
                MemoryType { minimum: 1, maximum: Some(1), memory64: false, shared: true, page_size_log2: None };
            section.import(OWN, "epoch", epoch);
        }
        Ok(())
    }

    fn add_exports(&mut self, section: &mut ExportSection) {
        self.has_exports = true;
        for index in &self.survey.mutable_globals {
            section.export(&global_name(*index), ExportKind::Global, *index);
        }
        for nth in 0..self.survey.tables {
            let index = self.survey.imported_tables + nth;
            section.export(&table_name(index), ExportKind::Table, index);
        }
    }
}

/// Rank of a section among those that may have to be made: types, imports, exports.
fn rank(section: Option<SectionId>) -> u8 {
    match section {
        Some(SectionId::Custom) => 0,
        Some(SectionId::Type) => 1,
        Some(SectionId::Import) => 2,
        Some(SectionId::Function | SectionId::Table | SectionId::Memory | SectionId::Tag | SectionId::Global) => 3,
        Some(SectionId::Export) => 4,
        _ => 5,
    }
}

impl Reencode for Rewriter<'_> {
    type Error = Infallible;

    fn function_index(&mut self, index: u32) -> Fallible<u32> {
        Ok(if index < self.survey.imported_functions { index } else { index + self.deadlines as u32 })
    }

    fn intersperse_section_hook(
        &mut self,
        module: &mut Module,
        _after: Option<SectionId>,
        before: Option<SectionId>,
    ) -> Fallible<()> {
        let rank = rank(before);
        if rank > 1 && !self.has_types {
            let mut section = TypeSection::new();
            self.add_types(&mut section);
            section_if_any(module, &section, section.len());
        }
        if rank > 2 && !self.has_imports {
            let mut section = ImportSection::new();
            self.add_imports(&mut section)?;
            section_if_any(module, &section, section.len());
        }
        if rank > 4 && !self.has_exports {
            let mut section = ExportSection::new();
            self.add_exports(&mut section);
            section_if_any(module, &section, section.len());
        }
        if before == Some(SectionId::Code) {
            self.code_offset = Some(module.len());
        }
        Ok(())
    }

    fn parse_type_section(
        &mut self,
        section: &mut TypeSection,
        types: wasmparser::TypeSectionReader<'_>,
    ) -> Fallible<()> {
        utils::parse_type_section(self, section, types)?;
        self.add_types(section);
        Ok(())
    }

    fn parse_import_section(
        &mut self,
        section: &mut ImportSection,
        imports: wasmparser::ImportSectionReader<'_>,
    ) -> Fallible<()> {
        utils::parse_import_section(self, section, imports)?;
        self.add_imports(section)
    }

    fn parse_memory_section(
        &mut self,
        _section: &mut MemorySection,
        _memories: wasmparser::MemorySectionReader<'_>,
    ) -> Fallible<()> {
        Ok(())
    }

    fn parse_export_section(
        &mut self,
        section: &mut ExportSection,
        exports: wasmparser::ExportSectionReader<'_>,
    ) -> Fallible<()> {
        utils::parse_export_section(self, section, exports)?;
        self.add_exports(section);
        Ok(())
    }

    fn parse_function_section(
        &mut self,
        section: &mut FunctionSection,
        functions: wasmparser::FunctionSectionReader<'_>,
    ) -> Fallible<()> {
        utils::parse_function_section(self, section, functions)?;
        if self.deadlines {
            section.function(self.survey.types);
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        section: &mut CodeSection,
        code: wasmparser::CodeSectionReader<'_>,
    ) -> Fallible<()> {
        utils::parse_code_section(self, section, code)?;
        if self.deadlines {
            let mut function = Function::new([]);
            let hints = self.check(&mut function);
            function.instructions().end();
            section.function(&function);
            self.hints.push((self.check_function(), vec![hints]));
        }
        Ok(())
    }

    fn parse_function_body(&mut self, section: &mut CodeSection, body: wasmparser::FunctionBody<'_>) -> Fallible<()> {
        match self.deadlines {
            true => self.checked_body(section, body)?,
            // No index changes without checks.
            false => {
                section.raw(body.as_bytes());
            }
        }
        self.current += 1;
        Ok(())
    }

    /// Only names are kept, for traps; offsets into code would point elsewhere. Names that can't be read are no names.
    fn parse_custom_section(
        &mut self,
        module: &mut Module,
        section: wasmparser::CustomSectionReader<'_>,
    ) -> Fallible<()> {
        if let wasmparser::KnownCustom::Name(names) = section.as_known()
            && let Ok(names) = self.custom_name_section(names)
        {
            module.section(&names);
        }
        Ok(())
    }
}

fn section_if_any(module: &mut Module, section: &impl wasm_encoder::Section, length: u32) {
    if length > 0 {
        module.section(section);
    }
}
