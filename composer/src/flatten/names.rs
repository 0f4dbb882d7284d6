//! The path of names of every component instance, by `RuntimeComponentInstanceIndex`.
//!
//! The translator numbers instances in pre-order of instantiation and drops their names; this walk over the binary does
//! the numbering again, with names. Grants hang on the paths, so all doubt is an error.

use crate::failure::{Code, Failure, Outcome, because};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::ops::Range;
use wasmparser::{
    ComponentAlias, ComponentExternalKind, ComponentInstance, ComponentName, ComponentOuterAliasKind, ComponentTypeRef,
    Encoding, KnownCustom, Parser, Payload, Result,
};

/// One component instance: its path, what its component is called, and where in the binary that is defined.
pub struct Named {
    path: Vec<String>,
    component: Option<String>,
    pub range: Range<usize>,
}

impl Named {
    pub fn json(&self) -> Value {
        json!({ "path": self.path, "component": self.component })
    }
}

/// A component definition. `components` are the known ones by index; one that is imported or aliased is not known.
#[derive(Default)]
struct Definition {
    parent: Option<usize>,
    range: Range<usize>,
    name: Option<String>,
    components: Vec<Option<usize>>,
    component_names: HashMap<u32, String>,
    instances: u32,
    instance_names: HashMap<u32, String>,
    /// `(instance, component)` by index, in order.
    instantiations: Vec<(u32, u32)>,
}

/// `total` is the translator's count, which the walk has to meet.
pub fn component_instances(bytes: &[u8], total: u32) -> Outcome<Vec<Named>> {
    let definitions = definitions(bytes).map_err(because(Code::InvalidComponent))?;
    let mut walk = Walk { definitions: &definitions, total: total as usize, found: vec![] };
    walk.visit(0, vec![], definitions[0].name.clone())?;
    match walk.found.len() == total as usize {
        true => Ok(walk.found),
        false => Err(unsure(format!("found {} component instances, the translator {total}", walk.found.len()))),
    }
}

fn unsure(message: String) -> Failure {
    Failure::new(Code::UnsupportedComponent, format!("the component's instances can't be named safely: {message}"))
}

struct Walk<'a> {
    definitions: &'a [Definition],
    total: usize,
    found: Vec<Named>,
}

impl Walk<'_> {
    fn visit(&mut self, index: usize, path: Vec<String>, component: Option<String>) -> Outcome<()> {
        let definition = &self.definitions[index];
        // Also ends a walk that doubles at each level.
        if self.found.len() >= self.total {
            return Err(unsure(format!("more than the translator's {}", self.total)));
        }
        self.found.push(Named { path: path.clone(), component, range: definition.range.clone() });
        for (nth, (instance, component)) in definition.instantiations.iter().enumerate() {
            let name = definition.instance_names.get(instance).cloned().unwrap_or_else(|| format!("#{nth}"));
            let path = [path.as_slice(), &[name]].concat();
            let Some(inner) = definition.components.get(*component as usize).copied().flatten() else {
                return Err(unsure(format!("`{}` is of an imported or aliased component", path.join("/"))));
            };
            let name = definition.component_names.get(component).or(self.definitions[inner].name.as_ref()).cloned();
            self.visit(inner, path, name)?;
        }
        Ok(())
    }
}

fn definitions(bytes: &[u8]) -> Result<Vec<Definition>> {
    let mut all: Vec<Definition> = vec![];
    let mut stack: Vec<usize> = vec![];
    let mut in_module = false;
    let mut range = 0..bytes.len();
    for payload in Parser::new(0).parse_all(bytes) {
        match payload? {
            Payload::Version { encoding: Encoding::Module, .. } => in_module = true,
            Payload::Version { encoding: Encoding::Component, .. } => {
                let (index, parent) = (all.len(), stack.last().copied());
                all.push(Definition { parent, range: range.clone(), ..Definition::default() });
                if let Some(parent) = parent {
                    all[parent].components.push(Some(index));
                }
                stack.push(index);
            }
            Payload::ComponentSection { unchecked_range, .. } => {
                range = unchecked_range.start as usize..unchecked_range.end as usize;
            }
            Payload::End(_) if in_module => in_module = false,
            Payload::End(_) => {
                stack.pop();
            }
            payload if !in_module => {
                if let Some(current) = stack.last() {
                    component(&mut all, *current, payload)?;
                }
            }
            _ => {}
        }
    }
    Ok(all)
}

fn component(all: &mut [Definition], current: usize, payload: Payload<'_>) -> Result<()> {
    match payload {
        Payload::ComponentInstanceSection(section) => {
            for instance in section {
                let definition = &mut all[current];
                if let ComponentInstance::Instantiate { component_index, .. } = instance? {
                    definition.instantiations.push((definition.instances, component_index));
                }
                definition.instances += 1;
            }
        }
        Payload::ComponentImportSection(section) => {
            for import in section {
                match import?.ty {
                    ComponentTypeRef::Component(_) => all[current].components.push(None),
                    ComponentTypeRef::Instance(_) => all[current].instances += 1,
                    _ => {}
                }
            }
        }
        Payload::ComponentAliasSection(section) => {
            for item in section {
                alias(all, current, item?);
            }
        }
        Payload::ComponentExportSection(section) => {
            for export in section {
                let export = export?;
                let definition = &mut all[current];
                match export.kind {
                    ComponentExternalKind::Instance => definition.instances += 1,
                    ComponentExternalKind::Component => {
                        let same = definition.components.get(export.index as usize).copied().flatten();
                        definition.components.push(same);
                    }
                    _ => {}
                }
            }
        }
        Payload::CustomSection(section) => {
            if let KnownCustom::ComponentName(names) = section.as_known() {
                for name in names {
                    // Unreadable names are no names; validators don't read them either.
                    let Ok(name) = name else { break };
                    all[current].name_section(name);
                }
            }
        }
        _ => {}
    }
    Ok(())
}

fn alias(all: &mut [Definition], current: usize, alias: ComponentAlias<'_>) {
    match alias {
        ComponentAlias::Outer { kind: ComponentOuterAliasKind::Component, count, index } => {
            let outer = (0..count).try_fold(current, |at, _| all[at].parent);
            let same = outer.and_then(|outer| all[outer].components.get(index as usize).copied().flatten());
            all[current].components.push(same);
        }
        ComponentAlias::InstanceExport { kind: ComponentExternalKind::Instance, .. } => all[current].instances += 1,
        ComponentAlias::InstanceExport { kind: ComponentExternalKind::Component, .. } => {
            all[current].components.push(None);
        }
        _ => {}
    }
}

impl Definition {
    /// Entries are read in any order: compositions made by wac itself have them unsorted.
    fn name_section(&mut self, name: ComponentName<'_>) {
        match name {
            ComponentName::Component { name, .. } => self.name = Some(name.to_string()),
            ComponentName::Instances(map) => {
                self.instance_names.extend(map.names.flatten().map(|naming| (naming.index, naming.name.into())));
            }
            ComponentName::Components(map) => {
                self.component_names.extend(map.names.flatten().map(|naming| (naming.index, naming.name.into())));
            }
            _ => {}
        }
    }
}
