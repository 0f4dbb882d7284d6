import "reflect-metadata";
import { randomBytes } from "node:crypto";
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const validMs = 24 * 60 * 60 * 1000;

/** A certificate and its private key, as PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** An authority that signs certificates for the servers and the users of one test server. */
export interface Authority {
  /** The authority's own certificate, as PEM. */
  readonly certificate: string;
  /** For a server that is reached by these names and addresses. */
  issueServer(names: readonly string[]): Promise<KeyPair>;
  /** For a client: the API server takes `CN` as the user's name and each `O` as a group. */
  issueClient(user: string, groups?: readonly string[]): Promise<KeyPair>;
}

/** Makes an authority with a new key; what it signs is good for a day. */
export async function makeAuthority(name: string): Promise<Authority> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const own = await X509CertificateGenerator.createSelfSigned(
    {
      name: `CN=${name}`,
      keys,
      signingAlgorithm: algorithm,
      ...lifetime(),
      extensions: [
        new BasicConstraintsExtension(true, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.digitalSignature, true),
      ],
    },
    crypto,
  );

  async function issue(subject: SubjectParts, usage: ExtendedKeyUsage, names: readonly string[]): Promise<KeyPair> {
    const pair = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
    const certificate = await X509CertificateGenerator.create(
      {
        subject,
        issuer: own.subject,
        publicKey: pair.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: algorithm,
        ...lifetime(),
        extensions: [
          new ExtendedKeyUsageExtension([usage]),
          ...(names.length > 0 ? [new SubjectAlternativeNameExtension(names.map(alternativeName))] : []),
        ],
      },
      crypto,
    );
    return { certificate: pem(certificate), key: await exportKey(pair.privateKey) };
  }

  return {
    certificate: pem(own),
    issueServer: (names) => issue([{ CN: [names[0] ?? name] }], ExtendedKeyUsage.serverAuth, names),
    issueClient: (user, groups = []) =>
      issue([{ CN: [user] }, ...groups.map((group) => ({ O: [group] }))], ExtendedKeyUsage.clientAuth, []),
  };
}

type SubjectParts = { [attribute: string]: string[] }[];

/** A key that signs ServiceAccount tokens, and its public half, as PEM. */
export async function makeTokenKey(): Promise<{ readonly privateKey: string; readonly publicKey: string }> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const spki = await crypto.subtle.exportKey("spki", keys.publicKey);
  return { privateKey: await exportKey(keys.privateKey), publicKey: PemConverter.encode(spki, "PUBLIC KEY") };
}

function lifetime(): { readonly serialNumber: string; readonly notBefore: Date; readonly notAfter: Date } {
  const now = Date.now();
  // An hour back: clocks of the programs on one machine agree, but certificates count in whole seconds.
  return {
    serialNumber: `01${randomBytes(8).toString("hex")}`,
    notBefore: new Date(now - 3_600_000),
    notAfter: new Date(now + validMs),
  };
}

const alternativeName = (name: string) =>
  ({ type: /^[0-9.]+$|:/.test(name) ? "ip" : "dns", value: name }) as { type: "ip" | "dns"; value: string };

const pem = (certificate: X509Certificate): string => certificate.toString("pem");

async function exportKey(key: CryptoKey): Promise<string> {
  return PemConverter.encode(await crypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY");
}
