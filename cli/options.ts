import { InvalidArgumentError } from "commander";

/** Collects `NAME=VALUE` options into a record; the last of one name wins. */
export function collectPairs(
  text: string,
  before: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const at = text.indexOf("=");
  if (at <= 0) throw new InvalidArgumentError(`Write NAME=VALUE, found: ${text}`);
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

/** Collects an option that may be given more than once. */
export function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

/** A whole number of at least 1. */
export function parseCount(text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < 1 || number > 1024)
    throw new InvalidArgumentError(`Write a number from 1 to 1024, found: ${text}`);
  return number;
}

/** `HOST:PORT`; a port alone means this machine only, `:PORT` every address. */
export function parseListen(text: string): string {
  const address = /^\d+$/.test(text) ? `127.0.0.1:${text}` : text.startsWith(":") ? `0.0.0.0${text}` : text;
  if (!/^(\[[0-9a-fA-F:.]+\]|[^:[\]]+):\d{1,5}$/.test(address))
    throw new InvalidArgumentError(`Write HOST:PORT or PORT, found: ${text}`);
  return address;
}
