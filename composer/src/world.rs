//! `world`: WIT text to a component of types only, which `inspect` reads as the world itself.
//!
//! It is the form in which tools carry a world inside a core module (`wit_component::metadata`): types, and no code.

use crate::bindings::exports::tenon::composer::engine::Source;
use crate::failure::{Code, Failure, Outcome, Position, because};
use std::collections::BTreeMap;
use wit_component::{StringEncoding, metadata};
use wit_parser::{PackageId, ParsedUsePath, Resolve, SourceMap, Span, UnresolvedPackageGroup, WorldId, parse_use_path};

/// The sources are one package: the files of a folder, with the packages that it needs in `deps/`.
pub fn world(sources: Vec<Source>, name: Option<&str>) -> Outcome<Vec<u8>> {
    let (main, deps) = group(sources)?;
    let main = parse(main)?;
    let deps = deps.into_values().map(parse).collect::<Outcome<Vec<_>>>()?;
    let mut resolve = Resolve::default();
    let package = resolve.push_groups(main, deps).map_err(|error| {
        let (span, message) = (error.kind().span(), error.to_string());
        failure(&resolve.source_map, span, &message, error.render(&resolve.source_map))
    })?;
    let world = select(&resolve, package, name)?;
    metadata::encode(&resolve, world, StringEncoding::UTF8, None, false).map_err(because(Code::Wit))
}

/// As tools lay packages out: `*.wit` is the package itself, `deps/NAME.wit` and `deps/NAME/*.wit` are one package each.
fn group(sources: Vec<Source>) -> Outcome<(SourceMap, BTreeMap<String, SourceMap>)> {
    let (mut main, mut deps) = (SourceMap::new(), BTreeMap::<String, SourceMap>::new());
    let mut empty = true;
    for Source { path, text } in sources {
        let parts: Vec<_> = path.split('/').collect();
        let map = match parts[..] {
            [_] => {
                empty = false;
                &mut main
            }
            ["deps", name] | ["deps", name, _] => deps.entry(name.into()).or_default(),
            _ => {
                let message = "the file is neither in the folder itself nor in deps/NAME";
                return Err(Failure::new(Code::Wit, message).about(path));
            }
        };
        map.push_str(&path, text);
    }
    if empty {
        return Err(Failure::new(Code::Wit, "there is no file of WIT text"));
    }
    Ok((main, deps))
}

fn parse(sources: SourceMap) -> Outcome<UnresolvedPackageGroup> {
    sources
        .parse()
        .map_err(|(sources, error)| failure(&sources, error.kind().span(), &error.to_string(), error.render(&sources)))
}

fn select(resolve: &Resolve, package: PackageId, name: Option<&str>) -> Outcome<WorldId> {
    let Some(name) = name else { return only(resolve, package) };
    let refuse = |error: anyhow::Error| because(Code::Wit)(error).about(name);
    match parse_use_path(name).map_err(refuse)? {
        ParsedUsePath::Name(_) => {
            let missing = || refuse(anyhow::anyhow!("{}", offer(resolve, package, "has no world of this name")));
            resolve.packages[package].worlds.get(name).copied().ok_or_else(missing)
        }
        ParsedUsePath::Package(..) => resolve.select_world(&[package], Some(name)).map_err(refuse),
    }
}

fn only(resolve: &Resolve, package: PackageId) -> Outcome<WorldId> {
    let worlds: Vec<_> = resolve.packages[package].worlds.values().copied().collect();
    match worlds[..] {
        [world] => Ok(world),
        [] => Err(Failure::new(Code::Wit, offer(resolve, package, "has no world"))),
        _ => Err(Failure::new(Code::Wit, offer(resolve, package, "has several worlds, and none was named"))),
    }
}

/// What is wrong with the choice, and what there is to choose from.
fn offer(resolve: &Resolve, package: PackageId, wrong: &str) -> String {
    let package = &resolve.packages[package];
    let names: Vec<_> = package.worlds.keys().take(20).map(String::as_str).collect();
    let choice = if names.is_empty() { String::new() } else { format!(": {}", names.join(", ")) };
    format!("the package {} {wrong}{choice}", package.name)
}

fn failure(sources: &SourceMap, span: Span, message: &str, rendered: String) -> Failure {
    let lines: Vec<_> = message.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let failure = Failure::new(Code::Wit, lines.join(" "));
    match place(sources, span) {
        Some((path, line, column)) => {
            Failure { position: Some(Position { line, column, rendered }), ..failure.about(path) }
        }
        None => failure,
    }
}

/// wit-parser says where only as text: `path:line:column`, of bytes.
fn place(sources: &SourceMap, span: Span) -> Option<(String, u32, u32)> {
    sources.resolve_span(span)?;
    let text = sources.render_location(span);
    let mut parts = text.rsplitn(3, ':');
    let column = parts.next()?.parse().ok()?;
    let line = parts.next()?.parse().ok()?;
    Some((parts.next()?.into(), line, column))
}
