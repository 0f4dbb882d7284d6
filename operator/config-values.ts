import { isIP } from "node:net";
import { isAbsolute } from "node:path";
import { labelPattern, maxNameLength, serviceNamePattern } from "../api/names.ts";
import { parseBytes, parseDuration } from "../api/units.ts";

/** What a text was read as, or what is wrong with it: a phrase that goes on after `must be`. */
export type Read<T> = { readonly value: T } | { readonly wanted: string };

/** Reads a text of the command line. */
export type Reader<T> = (text: string) => Read<T>;

const maxItems = 1000;

/** Text that a test accepts. */
export function text(wanted: string, accepts: (text: string) => boolean): Reader<string> {
  return (given) => (accepts(given) ? { value: given } : { wanted });
}

/** One of a few words. */
export function oneOf<const W extends string>(...words: readonly W[]): Reader<W> {
  return (given) => {
    const value = words.find((word) => word === given);
    return value === undefined ? { wanted: `one of ${words.join(", ")}` } : { value };
  };
}

/** `true` or `false`. */
export function truth(given: string): Read<boolean> {
  return given === "true" || given === "false" ? { value: given === "true" } : { wanted: "true or false" };
}

/** A whole number. */
export function count({ least, most }: { readonly least: number; readonly most: number }): Reader<number> {
  return (given) => {
    const value = /^[0-9]{1,15}$/.test(given) ? Number(given) : Number.NaN;
    return value >= least && value <= most ? { value } : { wanted: `a whole number from ${least} to ${most}` };
  };
}

/** Milliseconds of a duration: `15s`. The bounds are durations too. */
export function duration({ least, most }: { readonly least: string; readonly most: string }): Reader<number> {
  return bounded(parseDuration, { least, most, example: "a duration such as 1m30s" });
}

/** Bytes of a size: `256Mi`. The bounds are sizes too. */
export function size({ least, most }: { readonly least: string; readonly most: string }): Reader<number> {
  return bounded(parseBytes, { least, most, example: "a size such as 256Mi" });
}

function bounded(
  parse: (text: string) => number | undefined,
  { least, most, example }: { readonly least: string; readonly most: string; readonly example: string },
): Reader<number> {
  const [min, max] = [parse(least)!, parse(most)!];
  return (given) => {
    const value = given.length > 32 ? undefined : parse(given);
    return value !== undefined && value >= min && value <= max
      ? { value }
      : { wanted: `${example}, from ${least} to ${most}` };
  };
}

/** Items between commas, each read by `item`; the empty text has none. */
export function list<T>(item: Reader<T>): Reader<readonly T[]> {
  return (given) => {
    const parts = splitList(given);
    if (parts.length > maxItems) return { wanted: `at most ${maxItems} items` };
    const values: T[] = [];
    for (const part of parts) {
      const read = item(part);
      if ("wanted" in read) return { wanted: `a list between commas, each item ${read.wanted}` };
      if (!values.includes(read.value)) values.push(read.value);
    }
    return { value: values };
  };
}

/** The empty text means that there is none. */
export function optional<T>(reader: Reader<T>): Reader<T | undefined> {
  return (given) => (given === "" ? { value: undefined } : reader(given));
}

/** Name of a namespace: a DNS label. */
export const namespaceName = text("a name of lower case letters, digits and -, at most 63 characters", isLabel);

/** Name of most objects: a DNS subdomain. */
export const objectName = text(
  "a name of lower case letters, digits, - and ., at most 253 characters",
  (given) => given.length <= 253 && given.split(".").every((part) => new RegExp(labelPattern).test(part)),
);

/** `NAME` or `NAME:PORT` of a Service; port 443 where none is given. */
export function service(given: string): Read<{ readonly name: string; readonly port: number }> {
  const [name = "", port = "443", ...more] = given.split(":");
  const number = count({ least: 1, most: 65535 })(port);
  const fits = more.length === 0 && name.length <= maxNameLength && new RegExp(serviceNamePattern).test(name);
  return fits && "value" in number
    ? { value: { name, port: number.value } }
    : { wanted: "NAME or NAME:PORT of a Service" };
}

/** An address to listen on, as it was given: `:8080`, `127.0.0.1:8080`, `[::1]:8080`. */
export const address = text(
  "HOST:PORT or :PORT, for example 127.0.0.1:8080",
  (given) => parseAddress(given) !== undefined,
);

/** The parts of an address; without a host it is every address of the machine. Undefined for text that is none. */
export function parseAddress(given: string): { readonly host: string | undefined; readonly port: number } | undefined {
  const found = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]*)):([0-9]{1,5})$/.exec(given);
  if (found === null || given.length > 300) return undefined;
  const [, six, plain, digits] = found;
  const port = Number(digits);
  if (port > 65535 || (six !== undefined && isIP(six) !== 6)) return undefined;
  const host = six ?? plain;
  return { host: host === "" ? undefined : host, port };
}

/** An absolute path. */
export const path = text("an absolute path", (given) => isAbsolute(given) && !given.includes("\0"));

/** A path. */
export const file = text("a path", (given) => given !== "" && !given.includes("\0"));

/** A container image. */
export const image = text(
  "a container image such as registry.example/tenon-runner:1.0",
  (given) => given.length <= 512 && /^[a-z0-9][A-Za-z0-9._:/@-]*$/.test(given),
);

/** A range of addresses. */
export const cidr = text("a range of addresses such as 10.0.0.0/8", (given) => {
  const [base = "", bits = "", ...more] = given.split("/");
  const family = isIP(base);
  return family !== 0 && more.length === 0 && /^[0-9]{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128);
});

/** Amounts of resources: `cpu=100m,memory=128Mi`. */
export function quantities(given: string): Read<Readonly<Record<string, string>>> {
  const found = splitList(given).map((part) => /^(cpu|memory|ephemeral-storage)=(.+)$/.exec(part));
  const names = found.map((part) => part?.[1]);
  const good = found.every(
    (part) => part !== null && /^[0-9]{1,15}(\.[0-9]{1,3})?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$/.test(part[2]!),
  );
  if (!good || new Set(names).size < names.length)
    return { wanted: "amounts such as cpu=100m,memory=128Mi, each of cpu, memory, ephemeral-storage at most once" };
  return { value: Object.fromEntries(found.map((part) => [part![1]!, part![2]!])) };
}

function isLabel(given: string): boolean {
  return given.length <= maxNameLength && new RegExp(labelPattern).test(given);
}

function splitList(given: string): string[] {
  return given === "" ? [] : given.split(",").map((part) => part.trim());
}
