import { lookup } from "node:dns/promises";
import { BlockList, isIP } from "node:net";

const timeoutMilliseconds = 10_000;
const largestBytes = 1_000_000;

/**
 * Addresses of this machine, its networks and its cloud, which no configuration may have read, and those that may
 * stand for one of them (IANA's registries of special-purpose addresses).
 */
const inside = new BlockList();
for (const [network, bits] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
] as const) {
  inside.addSubnet(network, bits, "ipv4");
}
for (const [network, bits] of [
  ["::", 96],
  ["::ffff:0:0:0", 96],
  ["64:ff9b::", 96],
  ["64:ff9b:1::", 48],
  ["100::", 64],
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
  ["5f00::", 16],
  ["fc00::", 7],
  ["fe80::", 10],
  ["fec0::", 10],
  ["ff00::", 8],
] as const) {
  inside.addSubnet(network, bits, "ipv6");
}

/**
 * Text at a public https address, or undefined when it cannot be had: redirects are not followed, and
 * names that lead inside are not asked.
 */
export async function readPublicFile(address: string): Promise<string | undefined> {
  try {
    const url = new URL(address);
    if (url.protocol !== "https:" || !(await isPublic(url.hostname))) return undefined;
    const response = await fetch(url, {
      redirect: "error",
      signal: AbortSignal.timeout(timeoutMilliseconds),
    });
    if (!response.ok || response.body === null) return undefined;
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of response.body) {
      length += chunk.byteLength;
      if (length > largestBytes) return undefined;
      chunks.push(chunk);
    }
    return new TextDecoder().decode(Buffer.concat(chunks));
  } catch {
    return undefined;
  }
}

/** Whether every address of the name is outside; a name without any is not. */
export async function isPublic(hostname: string): Promise<boolean> {
  const name = hostname.replace(/^\[|\]$/g, "");
  const found =
    isIP(name) === 0 ? await lookup(name, { all: true }) : [{ address: name, family: isIP(name) }];
  return (
    found.length > 0 &&
    found.every(({ address, family }) => !inside.check(address, family === 6 ? "ipv6" : "ipv4"))
  );
}
