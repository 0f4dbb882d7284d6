import { sha256 } from "../digest.ts";

/**
 * Folders of a store. The name of an artifact, a blob and a component is the sha256 of its content; a key and a table are
 * sealed: they begin with the sha256 of the rest, as their names say something else.
 */
export type Kind = "artifacts" | "blobs" | "components" | "keys" | "tables";

/** All of them. */
export const kinds: readonly Kind[] = ["artifacts", "blobs", "components", "keys", "tables"];

/** The digest and a newline. */
const sealLength = 65;

/** True where the name is not the sha256 of the content. */
export function isSealed(kind: Kind): boolean {
  return kind === "keys" || kind === "tables";
}

/** What is written for this content. */
export function seal(kind: Kind, content: Uint8Array | string): Uint8Array {
  const body = typeof content === "string" ? Buffer.from(content) : content;
  return isSealed(kind) ? Buffer.concat([Buffer.from(`${sha256(body)}\n`), body]) : body;
}

/** The content, where its digest is the one that it should have. */
export function unseal(kind: Kind, hex: string, content: Buffer<ArrayBuffer>): Buffer<ArrayBuffer> | undefined {
  const body = isSealed(kind) ? content.subarray(sealLength) : content;
  const wanted = isSealed(kind) ? content.subarray(0, sealLength - 1).toString("latin1") : hex;
  return sha256(body) === wanted ? body : undefined;
}
