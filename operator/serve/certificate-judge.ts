import { createPrivateKey, X509Certificate } from "node:crypto";
import type { Material } from "./certificate-make.ts";

/** What is to be done about an authority and a certificate. */
export type Judgement =
  /** Nothing until `renewAt`, in milliseconds since 1970. */
  | { readonly renew: "nothing"; readonly renewAt: number }
  /** The authority is good: its certificate is made anew. */
  | { readonly renew: "leaf"; readonly why: string }
  /** The authority is near its end: it is prolonged with the same key, and its certificate is made anew. */
  | { readonly renew: "authority"; readonly why: string }
  /** Nothing of it can be used. */
  | { readonly renew: "all"; readonly why: string };

/** What the certificate must be good for, and when. */
export interface Wanted {
  /** DNS names. */
  readonly names: readonly string[];
  /** Milliseconds since 1970. */
  readonly now: number;
}

/**
 * Judges what was read from the Secret, whoever wrote it: keys fit their certificates, the authority signed the certificate,
 * the names are those of the Service, and at least a third of each lifetime is left. Never throws.
 */
export function judgeMaterial(found: Partial<Material>, { names, now }: Wanted): Judgement {
  const authority = parse(found.authority, found.authorityKey);
  if (typeof authority === "string") return { renew: "all", why: `the authority ${authority}` };
  const { certificate } = authority;
  if (!certificate.ca || !certificate.verify(certificate.publicKey))
    return { renew: "all", why: "the authority does not sign for itself" };
  if (expired(certificate, now)) return { renew: "all", why: "the authority is not valid at this time" };
  if (now >= renewalOf(certificate)) return { renew: "authority", why: "the authority has a third of its time left" };

  const leaf = parse(found.certificate, found.key);
  if (typeof leaf === "string") return { renew: "leaf", why: `the certificate ${leaf}` };
  if (!leaf.certificate.verify(certificate.publicKey))
    return { renew: "leaf", why: "the certificate is not signed by the authority" };
  const missing = names.find((name) => leaf.certificate.checkHost(name, { subject: "never" }) === undefined);
  if (missing !== undefined) return { renew: "leaf", why: `the certificate lacks the name ${missing}` };
  if (expired(leaf.certificate, now)) return { renew: "leaf", why: "the certificate is not valid at this time" };
  if (now >= renewalOf(leaf.certificate)) return { renew: "leaf", why: "the certificate has a third of its time left" };
  return { renew: "nothing", renewAt: Math.min(renewalOf(leaf.certificate), renewalOf(certificate)) };
}

interface Parsed {
  readonly certificate: X509Certificate;
}

function parse(certificate: string | undefined, key: string | undefined): Parsed | string {
  if (certificate === undefined || key === undefined) return "is missing";
  try {
    const parsed = new X509Certificate(certificate);
    return parsed.checkPrivateKey(createPrivateKey(key)) ? { certificate: parsed } : "has the key of another";
  } catch {
    return "cannot be read";
  }
}

function expired({ validFromDate, validToDate }: X509Certificate, now: number): boolean {
  return now < validFromDate.getTime() || now >= validToDate.getTime();
}

function renewalOf({ validFromDate, validToDate }: X509Certificate): number {
  const [from, to] = [validFromDate.getTime(), validToDate.getTime()];
  return to - (to - from) / 3;
}
