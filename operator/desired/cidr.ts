/** A range of addresses, as Kubernetes writes it: canonical, without bits behind the prefix. */
export interface Range {
  readonly family: 4 | 6;
  readonly cidr: string;
}

/** Reads `10.0.0.0/8` or `fd00::/8`, with or without bits behind the prefix. Undefined for text that is none. */
export function parseRange(text: string): Range | undefined {
  const [, address = "", digits = ""] = /^([0-9a-fA-F.:]+)\/(\d{1,3})$/.exec(text) ?? [];
  const family = address.includes(":") ? 6 : 4;
  const width = family === 4 ? 32 : 128;
  const bits = Number(digits);
  const value = family === 4 ? readAddress4(address) : readAddress6(address);
  if (value === undefined || digits === "" || bits > width) return undefined;
  const behind = BigInt(width - bits);
  const masked = (value >> behind) << behind;
  return { family, cidr: `${family === 4 ? writeAddress4(masked) : writeAddress6(masked)}/${bits}` };
}

function readAddress4(text: string): bigint | undefined {
  if (!/^(?:(?:0|[1-9]\d{0,2})\.){3}(?:0|[1-9]\d{0,2})$/.test(text)) return undefined;
  const bytes = text.split(".").map(Number);
  return bytes.every((byte) => byte < 256) ? bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n) : undefined;
}

function writeAddress4(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join(".");
}

function readAddress6(text: string): bigint | undefined {
  const canonical = hostOf(text);
  if (canonical === undefined) return undefined;
  const [head = "", tail] = canonical.split("::");
  const [front, back] = [head, tail ?? ""].map((part) => (part === "" ? [] : part.split(":")));
  const missing = 8 - front!.length - back!.length;
  const words = [...front!, ...Array<string>(tail === undefined ? 0 : missing).fill("0"), ...back!];
  return words.reduce((sum, word) => (sum << 16n) | BigInt(`0x${word}`), 0n);
}

function writeAddress6(value: bigint): string {
  const words = Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16));
  return hostOf(words.join(":"))!;
}

/** The URL parser knows every form of these addresses, and writes the shortest. */
function hostOf(address: string): string | undefined {
  return URL.parse(`http://[${address}]`)?.hostname.slice(1, -1);
}
