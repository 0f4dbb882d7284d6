//! Whether a core module makes objects in the engine's own heap. Its limit is the process's, not the instance's: a guest
//! that fills it ends all others (docs/adr/0002).

use wasmparser::{
    AbstractHeapType, CompositeInnerType, ConstExpr, ElementItems, HeapType, KnownCustom, Name, Operator,
    OperatorsReader, Payload, Result, TableInit, TypeRef, ValType,
};

/// What one core module has shown by now, payload by payload.
#[derive(Default)]
pub struct Objects {
    /// The module has types of objects; without one no instruction makes any, and no body has to be read.
    types: bool,
    /// By type index: a function type with an exception among its parameters. A tag of it makes chains of exceptions.
    takes_exception: Vec<bool>,
    /// The first way found, for the message.
    pub made_by: Option<&'static str>,
    /// From the name section.
    pub name: Option<String>,
}

impl Objects {
    pub fn payload(&mut self, payload: &Payload<'_>) -> Result<()> {
        match payload {
            Payload::TypeSection(section) => {
                for group in section.clone() {
                    group?.types().for_each(|ty| self.ty(&ty.composite_type.inner));
                }
            }
            Payload::ImportSection(section) => {
                for import in section.clone().into_imports() {
                    if let TypeRef::Tag(tag) = import?.ty {
                        self.tag(tag.func_type_idx);
                    }
                }
            }
            Payload::TagSection(section) => {
                for tag in section.clone() {
                    self.tag(tag?.func_type_idx);
                }
            }
            Payload::GlobalSection(section) if self.types => {
                for global in section.clone() {
                    self.constant(&global?.init_expr)?;
                }
            }
            Payload::TableSection(section) if self.types => {
                for table in section.clone() {
                    if let TableInit::Expr(init) = table?.init {
                        self.constant(&init)?;
                    }
                }
            }
            Payload::ElementSection(section) if self.types => {
                for element in section.clone() {
                    if let ElementItems::Expressions(_, items) = element?.items {
                        for item in items {
                            self.constant(&item?)?;
                        }
                    }
                }
            }
            Payload::CodeSectionEntry(body) if self.types && self.made_by.is_none() => {
                self.code(body.get_operators_reader()?)?;
            }
            Payload::CustomSection(section) => {
                if let KnownCustom::Name(names) = section.as_known() {
                    // Names are no part of what is validated: what cannot be read is as good as missing.
                    for name in names.flatten() {
                        if let Name::Module { name, .. } = name {
                            self.name = Some(name.chars().filter(|c| !c.is_control()).take(100).collect());
                        }
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn ty(&mut self, ty: &CompositeInnerType) {
        let mut takes_exception = false;
        match ty {
            CompositeInnerType::Func(function) => takes_exception = function.params().iter().any(is_exception),
            CompositeInnerType::Array(_) | CompositeInnerType::Struct(_) => self.types = true,
            CompositeInnerType::Cont(_) => {}
        }
        self.takes_exception.push(takes_exception);
    }

    fn tag(&mut self, ty: u32) {
        if self.takes_exception.get(ty as usize).is_some_and(|takes| *takes) {
            self.made_by.get_or_insert("exceptions that hold exceptions");
        }
    }

    fn constant(&mut self, expression: &ConstExpr<'_>) -> Result<()> {
        self.code(expression.get_operators_reader())
    }

    fn code(&mut self, mut reader: OperatorsReader<'_>) -> Result<()> {
        while !reader.eof() {
            let made_by = made_by(&reader.read()?);
            if made_by.is_some() {
                self.made_by = self.made_by.or(made_by);
                break;
            }
        }
        Ok(())
    }
}

fn is_exception(ty: &ValType) -> bool {
    let ValType::Ref(reference) = ty else { return false };
    matches!(reference.heap_type(), HeapType::Abstract { ty: AbstractHeapType::Exn, .. })
}

fn made_by(operator: &Operator<'_>) -> Option<&'static str> {
    use Operator as O;
    match operator {
        O::StructNew { .. } | O::StructNewDefault { .. } => Some("struct.new"),
        O::StructNewDesc { .. } | O::StructNewDefaultDesc { .. } => Some("struct.new"),
        O::ArrayNew { .. } | O::ArrayNewDefault { .. } | O::ArrayNewFixed { .. } => Some("array.new"),
        O::ArrayNewData { .. } | O::ArrayNewElem { .. } => Some("array.new"),
        _ => None,
    }
}
