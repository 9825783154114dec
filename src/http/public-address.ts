import { lookup } from "node:dns/promises";
import { BlockList, isIP } from "node:net";

/** One address of a host, as the resolver of the machine says it. */
export type HostAddress = { readonly address: string; readonly family: number };

/** All addresses of a name; rejects where there is none. */
export type Resolve = (name: string) => Promise<readonly HostAddress[]>;

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

/** Whether an address is one of the open Internet. What is no address is not; an IPv4-mapped one is its IPv4 address. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && !inside.check(address, family === 6 ? "ipv6" : "ipv4");
}

/** All addresses of the host of a URL, which may be an address itself. Each is as the resolver said it once. */
export async function addressesOf(
  hostname: string,
  resolve: Resolve = resolveHere,
): Promise<readonly HostAddress[]> {
  const name = hostname.replace(/^\[|\]$/g, "");
  const family = isIP(name);
  return family === 0 ? resolve(name) : [{ address: name, family }];
}

function resolveHere(name: string): Promise<readonly HostAddress[]> {
  return lookup(name, { all: true });
}
