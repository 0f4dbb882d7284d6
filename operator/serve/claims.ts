/** What a JSON Web Token says of itself. Nothing of it is proved. */
export interface Claims {
  readonly subject: string;
  readonly audiences: readonly string[];
  /** Milliseconds since 1970; Infinity where it does not say. */
  readonly expiresAt: number;
}

/** Reads the claims of a token, without its signature. Undefined for what is no token of this form; never throws. */
export function readClaims(token: string): Claims | undefined {
  const [, payload] = /^[\w-]+\.([\w-]+)\.[\w-]+$/.exec(token) ?? [];
  if (payload === undefined) return undefined;
  let claims: unknown;
  try {
    claims = JSON.parse(Buffer.from(payload, "base64url").toString("utf8"));
  } catch {
    return undefined;
  }
  if (typeof claims !== "object" || claims === null) return undefined;
  const { sub, aud, exp } = claims as Readonly<Record<string, unknown>>;
  if (typeof sub !== "string") return undefined;
  const audiences = (Array.isArray(aud) ? aud : [aud]).filter((one): one is string => typeof one === "string");
  return { subject: sub, audiences, expiresAt: typeof exp === "number" ? exp * 1000 : Number.POSITIVE_INFINITY };
}
