import { KeyObject, webcrypto } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { isIP } from "node:net";
import { join } from "node:path";

export type ServerCertificate = {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
};

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const HOUR = 3_600_000;
const LIFE = 48 * HOUR;

/**
 * Makes an authority, a server and a client certificate of their own for one job, and leaves in
 * `clientDirectory` what a Docker client wants there: ca.pem, cert.pem, key.pem (0600). The keys of
 * authority and server stay in memory.
 */
export async function issueCertificates(
  clientDirectory: string,
  serverNames: readonly string[],
): Promise<ServerCertificate> {
  // Loaded only for jobs that want TLS: it costs more than all the rest of the endpoint.
  await import("reflect-metadata");
  const x509 = await import("@peculiar/x509");
  const newKeys = () => webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const [authorityKeys, serverKeys, clientKeys] = await Promise.all([
    newKeys(),
    newKeys(),
    newKeys(),
  ]);
  const life = {
    // Containers of other machines may have a clock that is a little slow.
    notBefore: new Date(Date.now() - HOUR),
    notAfter: new Date(Date.now() + LIFE),
    signingAlgorithm: ALGORITHM,
  };
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    ...life,
    name: "CN=Slipway engine authority",
    keys: authorityKeys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
    ],
  });
  const issue = (name: string, publicKey: webcrypto.CryptoKey, usage: string, names: string[]) =>
    x509.X509CertificateGenerator.create({
      ...life,
      subject: `CN=${name}`,
      issuer: authority.subject,
      publicKey,
      signingKey: authorityKeys.privateKey,
      extensions: [
        new x509.ExtendedKeyUsageExtension([usage]),
        ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names.map(named))] : []),
      ],
    });
  const [server, client] = await Promise.all([
    issue("docker", serverKeys.publicKey, x509.ExtendedKeyUsage.serverAuth, [...serverNames]),
    issue("docker client", clientKeys.publicKey, x509.ExtendedKeyUsage.clientAuth, []),
  ]);
  const ca = authority.toString("pem");
  await mkdir(clientDirectory, { recursive: true });
  await writeFile(join(clientDirectory, "ca.pem"), `${ca}\n`);
  await writeFile(join(clientDirectory, "cert.pem"), `${client.toString("pem")}\n`);
  await writeFile(join(clientDirectory, "key.pem"), keyPem(clientKeys.privateKey), {
    mode: 0o600,
  });
  return { ca, cert: server.toString("pem"), key: keyPem(serverKeys.privateKey) };
}

function named(value: string): { type: "ip" | "dns"; value: string } {
  return { type: isIP(value) ? "ip" : "dns", value };
}

function keyPem(key: webcrypto.CryptoKey): string {
  return KeyObject.from(key).export({ type: "pkcs8", format: "pem" }).toString();
}
