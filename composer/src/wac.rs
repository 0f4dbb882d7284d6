//! `evaluate-wac`: a WAC script to the wiring that it describes, by walking wac's own graph after resolution.

use crate::bindings::exports::tenon::composer::engine::{
    Edge, Exported, Exporter, Importer, Instance, PackageName, WacPackage, Wiring,
};
use crate::failure::{Code, Failure, Outcome, Position};
use indexmap::{IndexMap, IndexSet};
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, NamedSource, Report};
use semver::Version;
use serde_json::Value;
use std::collections::HashMap;
use wac_graph::types::BorrowedPackageKey;
use wac_graph::{CompositionGraph, NodeId, NodeKind};
use wac_parser::Document;

/// The packages that a script names (its own name is not among them), each once.
pub fn packages(source: &str) -> Outcome<Vec<PackageName>> {
    let document = parse(source)?;
    let own = document.directive.package.name;
    let tree = serde_json::to_value(&document).map_err(crate::failure::because(Code::Internal))?;
    let mut found = IndexSet::new();
    collect(&tree, &mut found);
    let names = found.into_iter().filter(|(name, _)| name != own);
    Ok(names.map(|(name, version)| PackageName { name, version }).collect())
}

/// Package names and paths are the only nodes of the syntax tree that have a `name` and a `string` of their own.
fn collect(tree: &Value, found: &mut IndexSet<(String, Option<String>)>) {
    if let Some(node) = tree.as_object() {
        if let (Some(name), Some(_)) = (node.get("name").and_then(Value::as_str), node.get("string")) {
            let version = node.get("version").and_then(Value::as_str).map(String::from);
            found.insert((name.into(), version));
        }
        node.values().for_each(|child| collect(child, found));
    }
    tree.as_array().into_iter().flatten().for_each(|child| collect(child, found));
}

/// What a wiring can't say (a renamed import, a type definition, an instance passed on whole) is an error.
pub fn evaluate(source: &str, packages: &[WacPackage], components: Vec<Vec<u8>>) -> Outcome<Wiring> {
    let document = parse(source)?;
    let versions = versions(packages)?;
    let (mut bytes, mut indexes) = (IndexMap::new(), HashMap::new());
    for (package, version) in packages.iter().zip(&versions) {
        let component = components.get(package.component as usize).ok_or_else(|| {
            Failure::new(Code::Wac, format!("there is no component with the index {}", package.component))
                .about(&package.name)
        })?;
        let key = BorrowedPackageKey::from_name_and_version(&package.name, version.as_ref());
        bytes.insert(key, component.clone());
        indexes.insert((package.name.as_str(), version.as_ref()), package.component);
    }
    let resolution = document.resolve(bytes).map_err(|error| failure(error, source))?;
    Walk::new(resolution.graph(), &indexes)?.wiring()
}

fn versions(packages: &[WacPackage]) -> Outcome<Vec<Option<Version>>> {
    let parse = |package: &WacPackage| {
        let version = package.version.as_deref().map(Version::parse).transpose();
        version.map_err(|error| {
            Failure::new(Code::Wac, format!("the version is not semantic: {error}")).about(&package.name)
        })
    };
    packages.iter().map(parse).collect()
}

fn parse(source: &str) -> Outcome<Document<'_>> {
    Document::parse(source).map_err(|error| failure(error, source))
}

fn failure<E: Diagnostic + Send + Sync + 'static>(error: E, source: &str) -> Failure {
    let message = error.to_string();
    let offset = error.labels().into_iter().flatten().next().map_or(0, |label| label.offset());
    let before = source.get(..offset).unwrap_or(source);
    let line = before.matches('\n').count() as u32 + 1;
    let column = before.rsplit('\n').next().map_or(0, |text| text.chars().count()) as u32 + 1;
    let mut rendered = String::new();
    let report = Report::new(error).with_source_code(NamedSource::new("script.wac", source.to_string()));
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor());
    // Text that can't be drawn leaves message and place.
    let _ = handler.render_report(&mut rendered, report.as_ref());
    let position = Some(Position { line, column, rendered });
    Failure { position, ..Failure::new(Code::Wac, message) }
}

type Indexes<'a> = HashMap<(&'a str, Option<&'a Version>), u32>;

/// Reads a resolved graph back as a wiring.
struct Walk<'a> {
    graph: &'a CompositionGraph,
    instances: IndexMap<NodeId, (String, u32)>,
}

impl<'a> Walk<'a> {
    fn new(graph: &'a CompositionGraph, indexes: &Indexes<'_>) -> Outcome<Self> {
        let mut taken: IndexSet<String> = graph.nodes().filter_map(|node| node.name().map(String::from)).collect();
        let mut instances = IndexMap::new();
        for id in graph.node_ids() {
            let node = &graph[id];
            let (NodeKind::Instantiation(_), Some(package)) = (node.kind(), node.package()) else { continue };
            let package = &graph[package];
            let component = indexes.get(&(package.name(), package.version())).ok_or_else(|| {
                Failure::new(Code::Internal, "wac instantiates a package that was not given").about(package.name())
            })?;
            let name = match node.name() {
                Some(name) => name.to_string(),
                None => free_name(package.name(), &mut taken),
            };
            instances.insert(id, (name, *component));
        }
        Ok(Walk { graph, instances })
    }

    fn wiring(&self) -> Outcome<Wiring> {
        let mut wiring = Wiring { instances: vec![], edges: vec![], exports: vec![] };
        for (id, (name, component)) in &self.instances {
            wiring.instances.push(Instance { name: name.clone(), component: *component });
            let mut arguments: Vec<_> = self.graph.get_instantiation_arguments(*id).collect();
            arguments.sort_by_key(|(item, _)| *item);
            for (item, source) in arguments {
                if let Some(to) = self.argument(name, item, source)? {
                    wiring.edges.push(Edge { from: Importer { instance: name.clone(), item: item.into() }, to });
                }
            }
        }
        for id in self.graph.node_ids() {
            if let Some(name) = self.graph[id].export_name() {
                wiring.exports.push(self.export(name, id)?);
            }
        }
        Ok(wiring)
    }

    /// What serves an import; none where the script leaves it to the host under its own name.
    fn argument(&self, instance: &str, item: &str, source: NodeId) -> Outcome<Option<Exporter>> {
        let refuse = |message: String| Err(Failure::new(Code::Wac, message).about(format!("{instance}/{item}")));
        match self.graph[source].kind() {
            NodeKind::Import(name) if name == item => Ok(None),
            NodeKind::Import(name) => refuse(format!(
                "the script imports this under another name, `{name}`; leave it out, so that it keeps its own name"
            )),
            NodeKind::Alias => match self.alias(source) {
                Some((to, item, inner)) => Ok(Some(Exporter { instance: to, item, inner })),
                None => {
                    refuse("this is a part of an import, or lies too deep; connect an export of an instance".into())
                }
            },
            NodeKind::Instantiation(_) => {
                refuse("the script passes on a whole instance; name one of its exports: `instance.item`".into())
            }
            NodeKind::Definition => refuse("the script passes on a type of its own; wiring has no types".into()),
        }
    }

    /// An alias of an instance's export, or of an export inside that.
    fn alias(&self, node: NodeId) -> Option<(String, String, Option<String>)> {
        let (source, item) = self.graph.get_alias_source(node)?;
        if let Some((name, _)) = self.instances.get(&source) {
            return Some((name.clone(), item.into(), None));
        }
        let (outer, outer_item) = self.graph.get_alias_source(source)?;
        let (name, _) = self.instances.get(&outer)?;
        Some((name.clone(), outer_item.into(), Some(item.into())))
    }

    fn export(&self, name: &str, node: NodeId) -> Outcome<Exported> {
        let message = match self.graph[node].kind() {
            NodeKind::Alias => match self.alias(node) {
                Some((instance, item, None)) => return Ok(Exported { name: name.into(), instance, item }),
                _ => "this is no export of an instance",
            },
            NodeKind::Instantiation(_) => "a whole instance can't be exported; export its items: `export instance...;`",
            NodeKind::Import(_) => "an import can't be exported",
            NodeKind::Definition => "a type defined in the script can't be exported",
        };
        Err(Failure::new(Code::Wac, message).about(name))
    }
}

/// Instances without a name are called by their package: `acme:auth` becomes `auth`, then `auth-2`.
fn free_name(package: &str, taken: &mut IndexSet<String>) -> String {
    let stem = package.rsplit(':').next().unwrap_or(package);
    let candidates = std::iter::once(stem.to_string()).chain((2..).map(|n| format!("{stem}-{n}")));
    let name = candidates.into_iter().find(|name| !taken.contains(name)).unwrap_or_else(|| stem.into());
    taken.insert(name.clone());
    name
}
