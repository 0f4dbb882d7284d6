//! `wac-bench LINKS RUNS SERVER LINK`: composes a chain, each link a package of its own, and prints the milliseconds of every run.
use anyhow::{Context, Result};
use std::time::Instant;
use wac_graph::{CompositionGraph, EncodeOptions, types::Package};

const INTERFACE: &str = "tenon:test/echo";

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().collect();
    let [_, links, runs, server, link] = &args[..] else { anyhow::bail!("usage: wac-bench LINKS RUNS SERVER LINK") };
    let (links, runs): (u32, u32) = (links.parse()?, runs.parse()?);
    let (server, link) = (std::fs::read(server)?, std::fs::read(link)?);
    let packages: Vec<Vec<u8>> = (0..links).map(|index| if index == 0 { server.clone() } else { distinct(&link, index) }).collect();
    for _ in 0..runs {
        let started = Instant::now();
        let bytes = compose(&packages)?;
        println!("{} {}", started.elapsed().as_secs_f64() * 1e3, bytes.len());
    }
    Ok(())
}

/// The same component with a custom section of its own, as `bench/compose.ts` makes it.
fn distinct(component: &[u8], index: u32) -> Vec<u8> {
    let mut bytes = component.to_vec();
    bytes.extend([0, 6, 1, b'n']);
    bytes.extend(index.to_le_bytes());
    bytes
}

fn compose(packages: &[Vec<u8>]) -> Result<Vec<u8>> {
    let mut graph = CompositionGraph::new();
    let mut before = None;
    for (index, bytes) in packages.iter().enumerate() {
        let package = Package::from_bytes(&format!("chain:link{index}"), None, bytes.clone(), graph.types_mut())?;
        let id = graph.register_package(package)?;
        let node = graph.instantiate(id);
        if let Some(before) = before {
            let export = graph.alias_instance_export(before, INTERFACE)?;
            graph.set_instantiation_argument(node, INTERFACE, export).map_err(anyhow::Error::from)?;
        }
        before = Some(node);
    }
    let last = graph.alias_instance_export(before.context("a chain has links")?, INTERFACE)?;
    graph.export(last, INTERFACE).map_err(anyhow::Error::from)?;
    Ok(graph.encode(EncodeOptions { validate: true, ..Default::default() }).map_err(anyhow::Error::from)?)
}
