//! `compose`: a wiring that was decided elsewhere, and the bytes of its components, to one component.

use crate::bindings::exports::tenon::composer::engine::Wiring;
use crate::failure::{Code, Failure, Outcome, because, refused};
use indexmap::IndexMap;
use wac_graph::types::Package;
use wac_graph::{CompositionGraph, EncodeError, EncodeOptions, NodeId, PackageId, Processor};
use wasm_encoder::{ComponentNameSection, NameMap};
use wasmparser::{ComponentName, ComponentNameSectionReader, KnownCustom, Parser, Payload, Validator, WasmFeatures};

type Nodes<'a> = IndexMap<&'a str, NodeId>;

/// Instances keep their names in the name section, where `flatten` finds them: grants hang on them.
pub fn compose(components: Vec<Vec<u8>>, wiring: &Wiring) -> Outcome<Vec<u8>> {
    let mut graph = CompositionGraph::new();
    let packages = register(&mut graph, components)?;
    let nodes = instantiate(&mut graph, &packages, wiring)?;
    connect(&mut graph, &nodes, wiring)?;
    export(&mut graph, &nodes, wiring)?;
    let options = EncodeOptions {
        define_components: true,
        // By the newest validator, below: wac's own does not count nested modules.
        validate: false,
        processor: Some(Processor { name: "tenon", version: env!("CARGO_PKG_VERSION") }),
    };
    let mut bytes = graph.encode(options).map_err(|error| encode_failure(error, &nodes))?;
    sort_names(&mut bytes)?;
    match validate(&bytes) {
        Ok(()) => Ok(bytes),
        Err(error) => Err(invalid_component(&graph, &packages).unwrap_or_else(|| refused(Code::Validate)(error))),
    }
}

fn validate(bytes: &[u8]) -> wasmparser::Result<()> {
    Validator::new_with_features(WasmFeatures::all()).validate_all(bytes).map(|_| ())
}

/// The component that is to blame where the composed one is not valid: nobody has read its function bodies before.
fn invalid_component(graph: &CompositionGraph, packages: &[PackageId]) -> Option<Failure> {
    packages.iter().enumerate().find_map(|(index, package)| {
        let error = validate(graph[*package].bytes()).err()?;
        Some(refused(Code::InvalidComponent)(error).about(index.to_string()))
    })
}

/// Reads every component once, however many instances it has.
fn register(graph: &mut CompositionGraph, components: Vec<Vec<u8>>) -> Outcome<Vec<PackageId>> {
    let mut packages = vec![];
    for (index, bytes) in components.into_iter().enumerate() {
        let package = Package::from_bytes(&format!("tenon:c{index}"), None, bytes, graph.types_mut())
            .map_err(|error| because(Code::UnsupportedComponent)(error).about(index.to_string()))?;
        packages.push(graph.register_package(package).map_err(because(Code::Internal))?);
    }
    Ok(packages)
}

fn instantiate<'a>(graph: &mut CompositionGraph, packages: &[PackageId], wiring: &'a Wiring) -> Outcome<Nodes<'a>> {
    let mut nodes = Nodes::new();
    for instance in &wiring.instances {
        let refuse = |message: String| Failure::new(Code::Wiring, message).about(&instance.name);
        let package = packages
            .get(instance.component as usize)
            .ok_or_else(|| refuse(format!("there is no component with the index {}", instance.component)))?;
        let node = graph.instantiate(*package);
        graph.set_node_name(node, &instance.name);
        if nodes.insert(instance.name.as_str(), node).is_some() {
            return Err(refuse("an instance of this name was declared before".into()));
        }
    }
    Ok(nodes)
}

fn connect(graph: &mut CompositionGraph, nodes: &Nodes<'_>, wiring: &Wiring) -> Outcome<()> {
    for edge in &wiring.edges {
        let at = format!("{}/{}", edge.from.instance, edge.from.item);
        let refuse = |error: anyhow::Error| because(Code::Wiring)(error).about(&at);
        let mut export = graph
            .alias_instance_export(find(nodes, &edge.to.instance)?, &edge.to.item)
            .map_err(|error| refuse(error.into()))?;
        if let Some(inner) = &edge.to.inner {
            export = graph.alias_instance_export(export, inner).map_err(|error| refuse(error.into()))?;
        }
        graph
            .set_instantiation_argument(find(nodes, &edge.from.instance)?, &edge.from.item, export)
            .map_err(|error| refuse(error.into()))?;
    }
    Ok(())
}

fn export(graph: &mut CompositionGraph, nodes: &Nodes<'_>, wiring: &Wiring) -> Outcome<()> {
    for export in &wiring.exports {
        let refuse = |error: anyhow::Error| because(Code::Wiring)(error).about(&export.name);
        let node = graph
            .alias_instance_export(find(nodes, &export.instance)?, &export.item)
            .map_err(|error| refuse(error.into()))?;
        graph.export(node, &export.name).map_err(|error| refuse(error.into()))?;
    }
    Ok(())
}

fn find(nodes: &Nodes<'_>, instance: &str) -> Outcome<NodeId> {
    let missing = || Failure::new(Code::Wiring, "no instance of this name was declared").about(instance);
    nodes.get(instance).copied().ok_or_else(missing)
}

/// wac writes names in the order of declaration. By the specification they are in the order of indexes, and readers that
/// insist on it would lose some.
fn sort_names(bytes: &mut [u8]) -> Outcome<()> {
    let mut found = None;
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(because(Code::Encode))? {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::CustomSection(section) if depth == 1 => {
                if let KnownCustom::ComponentName(names) = section.as_known() {
                    let data = section.data_offset() as usize..section.range().end as usize;
                    found = Some((data, sorted(names).map_err(because(Code::Encode))?));
                }
            }
            _ => {}
        }
    }
    let Some((range, names)) = found else { return Ok(()) };
    // Instances are all that we name, so the sorted section has the same entries and the same size.
    let (old, names) = (&mut bytes[range], names.as_custom());
    if old.len() != names.data.len() {
        return Err(Failure::new(Code::Internal, "the composed component has names that were not given"));
    }
    old.copy_from_slice(&names.data);
    Ok(())
}

fn sorted(names: ComponentNameSectionReader<'_>) -> wasmparser::Result<ComponentNameSection> {
    let mut section = ComponentNameSection::new();
    for name in names {
        if let ComponentName::Instances(map) = name? {
            let mut entries = map.names.collect::<wasmparser::Result<Vec<_>>>()?;
            entries.sort_by_key(|entry| entry.index);
            let mut sorted = NameMap::new();
            entries.iter().for_each(|entry| sorted.append(entry.index, entry.name));
            section.instances(&sorted);
        }
    }
    Ok(section)
}

/// Names instances where wac knows only nodes.
fn encode_failure(error: EncodeError, nodes: &Nodes<'_>) -> Failure {
    let name = |node: &NodeId| nodes.iter().find(|(_, other)| *other == node).map_or("?", |(name, _)| name).to_string();
    match error {
        EncodeError::GraphContainsCycle { node } => {
            Failure::new(Code::Wiring, "the wiring contains a cycle").about(name(&node))
        }
        EncodeError::ImportTypeMergeConflict { import, first, second, source } => {
            let (first, second) = (name(&first), name(&second));
            let message = format!(
                "instances `{first}` and `{second}` leave this import to the host, and wac failed to merge the type definitions: {source:#}"
            );
            Failure::new(Code::Wiring, message).about(import)
        }
        other => because(Code::Encode)(other),
    }
}
