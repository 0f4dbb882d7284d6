const decimals: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  "": 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const binaries: readonly string[] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
const form = /^\+?(?<whole>\d*)(?:\.(?<part>\d*))?(?<suffix>[numkMGTPE]|[KMGTPE]i|[eE][+-]?\d{1,2})?$/;
const largest = 2n ** 63n - 1n;
const nano = 10n ** 9n;

/**
 * A quantity as the API server stores it: `0.5` becomes `500m`, `1024Mi` becomes `1Gi`. Undefined for text that is none, for
 * what is negative, and for what no API server holds.
 */
export function canonicalQuantity(value: string | number): string | undefined {
  const text = String(value);
  const { whole = "", part = "", suffix = "" } = (text.length > 64 ? undefined : form.exec(text)?.groups) ?? {};
  if (whole === "" && part === "") return undefined;
  const binary = binaries.indexOf(suffix);
  const exponent = binary > 0 ? 0 : (decimals[suffix] ?? Number(suffix.slice(1)));
  const scaled = scale(BigInt(whole + part) * 1024n ** BigInt(Math.max(binary, 0)), exponent - part.length);
  if (scaled > largest * nano) return undefined;
  if (binary > 0 && scaled % nano === 0n && scaled >= 1024n * nano) return inBinary(scaled / nano);
  return inDecimal(scaled, /^[eE]/.test(suffix) && suffix.length > 1);
}

/** In thousand-millionths, rounded up: there is nothing smaller. */
function scale(amount: bigint, exponent: number): bigint {
  if (exponent >= -9) return amount * 10n ** BigInt(exponent + 9);
  const divisor = 10n ** BigInt(-exponent - 9);
  return (amount + divisor - 1n) / divisor;
}

function inBinary(amount: bigint): string {
  let [left, power] = [amount, 0];
  while (left % 1024n === 0n && power < binaries.length - 1) [left, power] = [left / 1024n, power + 1];
  return `${left}${binaries[power]}`;
}

function inDecimal(nanos: bigint, scientific: boolean): string {
  if (nanos === 0n) return "0";
  let [left, exponent] = [nanos, -9];
  while (left % 1000n === 0n && exponent < 18) [left, exponent] = [left / 1000n, exponent + 3];
  if (scientific) return exponent === 0 ? String(left) : `${left}e${exponent}`;
  return `${left}${Object.keys(decimals).find((name) => decimals[name] === exponent)}`;
}
