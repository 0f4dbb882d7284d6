// The library keeps its registry in `Reflect`'s metadata: this has to come first.
import "reflect-metadata";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";

/** An authority, and a server's certificate that it signed. All PEM; keys are PKCS #8. */
export interface Material {
  readonly certificate: string;
  readonly key: string;
  readonly authority: string;
  readonly authorityKey: string;
}

/** An authority alone. */
export type Authority = Pick<Material, "authority" | "authorityKey">;

/** When, in milliseconds since 1970. */
interface At {
  readonly now: number;
}

const day = 86_400_000;
/** Twenty years: clients that read it once need not read it again. */
export const authorityLife = 20 * 365 * day;
/** Ninety days. */
export const leafLife = 90 * day;
/** The clocks of two machines may differ by as much. */
const skew = 3_600_000;

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const subject = "CN=tenon-operator-ca";

/** A new authority with a key of its own. */
export async function makeAuthority({ now }: At): Promise<Authority> {
  return sign(await generateKeys(), now);
}

/**
 * The same authority, valid for longer: it has the same name and the same key, so that all that was signed before stands
 * before clients that know either of the two.
 */
export async function renewAuthority({ authority, authorityKey }: Authority, { now }: At): Promise<Authority> {
  const publicKey = await new X509Certificate(authority).publicKey.export(algorithm, ["verify"]);
  return sign({ publicKey, privateKey: await importKey(authorityKey, true) }, now);
}

/** A server's certificate for these DNS names, with a key of its own, signed by the authority. */
export async function makeLeaf(
  { authority, authorityKey }: Authority,
  { names, now }: At & { readonly names: readonly string[] },
): Promise<Pick<Material, "certificate" | "key">> {
  const keys = await generateKeys();
  const issuer = new X509Certificate(authority);
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    // The names are in the extension: a common name has room for 64 characters only.
    subject: "CN=tenon-operator",
    issuer: issuer.subject,
    ...validity(now, leafLife),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: await importKey(authorityKey, false),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension(names.map((value) => ({ type: "dns" as const, value }))),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  return { certificate: certificate.toString("pem"), key: await exportKey(keys.privateKey) };
}

async function sign(keys: CryptoKeyPair, now: number): Promise<Authority> {
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: subject,
    ...validity(now, authorityLife),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { authority: certificate.toString("pem"), authorityKey: await exportKey(keys.privateKey) };
}

function validity(now: number, life: number): { readonly notBefore: Date; readonly notAfter: Date } {
  return { notBefore: new Date(now - skew), notAfter: new Date(now + life) };
}

/** 127 random bits, as hexadecimal digits: never negative, never equal. */
function serialNumber(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[0]! &= 0x7f;
  return Buffer.from(bytes).toString("hex");
}

function generateKeys(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
}

async function exportKey(key: CryptoKey): Promise<string> {
  return PemConverter.encode(await crypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY");
}

function importKey(pem: string, extractable: boolean): Promise<CryptoKey> {
  return crypto.subtle.importKey("pkcs8", PemConverter.decodeFirst(pem), algorithm, extractable, ["sign"]);
}
