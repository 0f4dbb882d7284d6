import type { Draft } from "./draft.ts";
import type { Connection } from "./ends.ts";
import { quoted } from "./hint.ts";
import { whyNotHostImport } from "./host.ts";
import { interfaceOf, parseName } from "./match.ts";
import { type Item, isTypesOnly } from "./table.ts";

/** An export that an import could be served by. */
interface Offer {
  readonly instance: string;
  readonly item: Item;
}

/** An import that no connection names. */
interface Open {
  readonly instance: string;
  readonly item: Item;
  readonly field: string;
}

/** Adds what a connection serves: an edge, or an import that is left to the host on purpose. */
export function serveByConnection(
  draft: Draft,
  connection: Connection & { kind: "edge" | "host" },
  field: string,
): void {
  const from = connection.kind === "edge" ? connection.edge.from : connection.end;
  const by = draft.serve(from, field);
  if (by !== undefined) {
    const message = `Cannot connect import "${from.item}" of "${from.instance}" twice, it is already served by: ${by}`;
    const hint = "Remove one of the two connections";
    draft.error("import-connected-twice", field, { instance: from.instance, interface: from.item, message, hint });
    return;
  }
  if (connection.kind === "host") {
    serveByHost(draft, { instance: from.instance, item: draft.importAt(from), field });
    return;
  }
  draft.edges.push(connection.edge);
  if (connection.match !== "near") return;
  const { to } = connection.edge;
  draft.warn("version-near-miss", field, {
    instance: from.instance,
    interface: from.item,
    message: `Connected incompatible versions, only the types were compared: "${from.item}" of "${from.instance}" is served by "${to.item}" of "${to.instance}"`,
  });
}

/** Serves what no connection names: by the one exporter where `wiring` is Auto, else by the host. */
export function serveRest(draft: Draft): void {
  const offers = new Map<string, Offer[]>();
  for (const [instance, table] of draft.tables) {
    for (const item of table.exports) {
      const { base } = parseName(interfaceOf(item));
      const known = offers.get(base);
      if (known === undefined) offers.set(base, [{ instance, item }]);
      else known.push({ instance, item });
    }
  }
  for (const [index, { name: instance }] of draft.spec.instances.entries()) {
    const field = `spec.instances[${index}]`;
    for (const item of draft.tables.get(instance)?.imports ?? []) {
      if (draft.serve({ instance, item: item.name }, field) !== undefined) continue;
      const open = { instance, item, field };
      if (item.kind === "resource") serveResource(draft, open);
      else if (draft.spec.wiring === "Explicit" || isTypesOnly(draft.tables.get(instance)!, item))
        serveByHost(draft, open);
      else serveByOffer(draft, open, offers.get(parseName(interfaceOf(item)).base) ?? []);
    }
  }
}

function serveByOffer(draft: Draft, open: Open, all: readonly Offer[]): void {
  const { instance, item, field } = open;
  const wanted = parseName(interfaceOf(item));
  // Exact beats compatible beats near. An instance never serves itself.
  const offers = all.filter((offer) => offer.instance !== instance);
  const onTrack = offers.filter((offer) => parseName(interfaceOf(offer.item)).track === wanted.track);
  const exact = onTrack.filter((offer) => interfaceOf(offer.item) === wanted.full);
  const candidates = exact.length > 0 ? exact : onTrack;
  const [only, ...others] = candidates;
  if (only !== undefined && others.length > 0) {
    const names = candidates.map((offer) =>
      unique(candidates) ? offer.instance : `${offer.instance}/${offer.item.name}`,
    );
    draft.error("ambiguous-import", field, {
      instance,
      interface: item.name,
      message: `Cannot choose who serves import "${item.name}" of "${instance}", these export it: ${quoted(names.slice(0, 10))}${names.length > 10 ? `, and ${names.length - 10} more` : ""}`,
      hint: `Add to spec.connections: { from: ${instance}/${item.name}, to: ${only.instance}/${only.item.name} }`,
    });
  } else if (only !== undefined) {
    const to = { instance: only.instance, item: only.item.name };
    draft.edges.push({ from: { instance, item: item.name }, to, how: "Implicit", field });
  } else {
    if (offers.length > 0) reportNearMiss(draft, open, offers);
    serveByHost(draft, open);
  }
}

function unique(offers: readonly Offer[]): boolean {
  return new Set(offers.map(({ instance }) => instance)).size === offers.length;
}

/** Never silently left to the host. The host may well have another version of a `wasi:` interface, so that is a warning. */
function reportNearMiss(draft: Draft, { instance, item, field }: Open, offers: readonly Offer[]): void {
  const wanted = parseName(interfaceOf(item));
  const [first] = offers;
  const found = offers.slice(0, 10).map((offer) => `"${interfaceOf(offer.item)}" of "${offer.instance}"`);
  const finding = {
    instance,
    interface: item.name,
    message: `Cannot serve import "${item.name}" of "${instance}" with an incompatible version: ${found.join(", ")}`,
    expected: wanted.full,
    found: interfaceOf(first!.item),
    hint: `Use a provider of this version, or connect them to have the types compared: { from: ${instance}/${item.name}, to: ${first!.instance}/${first!.item.name} }`,
  };
  if (wanted.base.startsWith("wasi:")) draft.warn("version-near-miss", field, finding);
  else draft.error("version-near-miss", field, finding);
}

/** A resource that a world `use`s comes with the interface that makes it, whoever serves that. */
function serveResource(draft: Draft, open: Open): void {
  const { instance, item, field } = open;
  const [home, inner] = draft.tables.get(instance)!.resources[item.resource!]!.home;
  const edge = draft.edges.find(({ from }) => from.instance === instance && from.item === home);
  if (edge === undefined || inner === undefined) {
    serveByHost(draft, open);
    return;
  }
  const to = { instance: edge.to.instance, item: edge.to.item, inner };
  // A maker that lacks the resource is reported at the interface itself.
  if (draft.exportAt(to) !== undefined)
    draft.edges.push({ from: { instance, item: item.name }, to, how: edge.how, field });
}

function serveByHost(draft: Draft, { instance, item, field }: Open): void {
  const reason = whyNotHostImport(draft.tables.get(instance)!, item);
  if (reason !== undefined) {
    const message = `Cannot leave import "${item.name}" of "${instance}" to the host: ${reason}`;
    const hint = "Put the function into an interface, or serve it by an instance";
    draft.error("unsupported-import", field, { instance, interface: item.name, message, hint });
  }
  draft.hostImports.push({ instance, item: item.name, interface: interfaceOf(item), field });
}
