import { readFile } from "node:fs/promises";
import { sha256 } from "../digest.ts";

let engine: Promise<string> | undefined;

/** Hexadecimal sha256 of the composer that is used. What it made, or said, holds for this engine only. */
export function engineDigest(): Promise<string> {
  engine ??= readFile(new URL("../../composer/composer.wasm", import.meta.url)).then(sha256);
  return engine;
}
