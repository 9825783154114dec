import { webcrypto, X509Certificate } from "node:crypto";
import { exportPKCS8, importPKCS8 } from "jose";

/** With what registry tokens are signed, and the names that the registry's configuration repeats. */
export type RegistryKeys = {
  readonly privateKey: webcrypto.CryptoKey;
  /** PEM: the registry's `rootcertbundle`. */
  readonly certificate: string;
  readonly issuer: string;
  readonly service: string;
};

/** The same as text, to be kept; the private key is a secret. */
export type RegistryKeyPair = { readonly privateKey: string; readonly certificate: string };

const issuer = "slipway";
const service = "slipway-registry";
const lifeYears = 20;

/** A new RSA key and a certificate that it signed itself. */
export async function makeRegistryKeyPair(now: number): Promise<RegistryKeyPair> {
  // Loaded here because it is needed once in the life of an installation, and slow.
  await import("reflect-metadata");
  const { X509CertificateGenerator, BasicConstraintsExtension } = await import("@peculiar/x509");
  const algorithm = {
    name: "RSASSA-PKCS1-v1_5",
    hash: "SHA-256",
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
  };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${issuer} registry tokens`,
    notBefore: new Date(now - 3600_000),
    notAfter: new Date(now + lifeYears * 365 * 24 * 3600_000),
    signingAlgorithm: algorithm,
    keys,
    extensions: [new BasicConstraintsExtension(true, 0, true)],
  });
  return {
    privateKey: await exportPKCS8(keys.privateKey),
    certificate: `${certificate.toString("pem")}\n`,
  };
}

/** Throws when the texts are no such keys. */
export async function readRegistryKeys(pair: RegistryKeyPair): Promise<RegistryKeys> {
  return {
    privateKey: await importPKCS8(pair.privateKey, "RS256"),
    certificate: pair.certificate,
    issuer,
    service,
  };
}

/** For the `x5c` header: DER in base64, not base64url (RFC 7515, section 4.1.6). */
export function certificateDer(pem: string): string {
  return new X509Certificate(pem).raw.toString("base64");
}
