/** The API group. */
export const group = "tenon.dev";
/** The only version that is served. */
export const version = "v1alpha1";
/** `apiVersion` of every manifest of ours. */
export const apiVersion = `${group}/${version}`;

/** The field manager of everything that the operator applies. */
export const fieldManager = "tenon-operator";

/** Label on everything that belongs to a composition: its name. */
export const compositionLabel = `${group}/composition`;
/** Label on what belongs to one revision of it. */
export const revisionLabel = `${group}/revision`;

/** Label of the operator's pod that leads; the Services of the webhook and of the artifacts select it. */
export const leaderLabel = `${group}/leader`;

/** A DNS label (RFC 1123): lower case letters, digits and `-`, starting and ending with a letter or a digit. */
export const labelPattern = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$";

/** A DNS label that may also name a Service (RFC 1035): it starts with a letter. */
export const serviceNamePattern = "^[a-z]([-a-z0-9]*[a-z0-9])?$";

/** The longest name of a Service, a label's value, or an instance. */
export const maxNameLength = 63;

/**
 * The name of an object that belongs to `parent`: `PARENT-SUFFIX`, always at most 63 characters. One that would be longer
 * is cut and gets a hash of the whole, so that two long names stay two.
 */
export function childName(parent: string, suffix: string): string {
  const whole = `${parent}-${suffix}`;
  if (whole.length <= maxNameLength) return whole;
  const hash = fnv1a64(whole);
  return `${whole.slice(0, maxNameLength - hash.length - 1).replace(/[-.]+$/, "")}-${hash}`;
}

/** The closest text that may name an instance or a composition, or undefined where nothing is left: `User_DB` gives `user-db`. */
export function toName(text: string): string | undefined {
  const name = text
    .slice(0, 1024)
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+/, "")
    .slice(0, maxNameLength)
    .replace(/-+$/, "");
  return name === "" ? undefined : name;
}

/** FNV-1a, 64 bits, as 13 characters of base 36: short, stable, and no I/O module is needed for it. */
function fnv1a64(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return hash.toString(36).padStart(13, "0");
}
