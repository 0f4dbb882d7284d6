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
 * A quantity as the API server stores it: `0.5` becomes `500m`, `1024Mi` becomes `1Gi`; what is smaller than `digits` after
 * the point is rounded up. Undefined for text that is none, for what is negative, and for what no API server holds.
 */
export function canonicalQuantity(value: string | number, digits: 3 | 9 = 9): string | undefined {
  const text = String(value);
  const { whole = "", part = "", suffix = "" } = (text.length > 64 ? undefined : form.exec(text)?.groups) ?? {};
  if (whole === "" && part === "") return undefined;
  const binary = binaries.indexOf(suffix);
  const exponent = binary > 0 ? 0 : (decimals[suffix] ?? Number(suffix.slice(1)));
  const amount = BigInt(whole + part) * 1024n ** BigInt(Math.max(binary, 0));
  const scaled = scale(amount, exponent - part.length, digits);
  if (scaled > largest * nano) return undefined;
  if (binary > 0 && scaled % nano === 0n && scaled >= 1024n * nano) return inBinary(scaled / nano);
  return inDecimal(scaled, /^[eE]/.test(suffix) && suffix.length > 1);
}

/** In thousand-millionths, rounded up at so many digits. */
function scale(amount: bigint, ...[exponent, digits]: [number, number]): bigint {
  const cut = -exponent - digits;
  const divisor = 10n ** BigInt(Math.max(cut, 0));
  const rounded = (amount + divisor - 1n) / divisor;
  return rounded * 10n ** BigInt(9 + exponent + Math.max(cut, 0));
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
