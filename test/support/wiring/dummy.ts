import { createHash } from "node:crypto";
import { componentEmbed, componentNew, parse } from "@bytecodealliance/jco";

/** The source of a component: a world as WIT, whose functions trap when they are called, a component as WAT, or the bytes. */
export type Source =
  | { readonly kind: "wit" | "wat"; readonly text: string }
  | { readonly kind: "bytes"; readonly bytes: Uint8Array };

const built = new Map<string, Promise<Uint8Array>>();

/** Builds a component without a compiler; each source once. Rejects with an Error that shows the source. */
export function buildComponent(source: Source): Promise<Uint8Array> {
  if (source.kind === "bytes") return Promise.resolve(source.bytes);
  const id = createHash("sha256").update(`${source.kind} ${source.text}`).digest("hex");
  const known = built.get(id);
  if (known !== undefined) return known;
  const bytes = build(source).catch((cause) => {
    const message = cause?.payload ?? cause?.message ?? cause;
    throw new Error(`Cannot build this component: ${message}\n${source.text}`, { cause });
  });
  built.set(id, bytes);
  return bytes;
}

async function build({ kind, text }: { readonly kind: "wit" | "wat"; readonly text: string }): Promise<Uint8Array> {
  if (kind === "wat") return parse(text);
  const core = await componentEmbed({ dummy: true, witSource: text, features: { tag: "all" } });
  return componentNew(core, []);
}
