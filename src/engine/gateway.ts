import { isIPv4 } from "node:net";

/** One range of a network (Docker Engine API, "Inspect a network": `IPAM.Config`). */
export type NetworkRange = {
  readonly Gateway?: string | undefined;
  readonly Subnet?: string | undefined;
};

/**
 * Where containers of a network reach the machine by IPv4, and the network's CIDR; undefined without IPv4.
 * An engine that chose the range itself names no gateway before it is restarted: then it is the first address.
 */
export function ipv4Gateway(
  ranges: readonly NetworkRange[] | null | undefined,
): { readonly gateway: string; readonly subnet: string } | undefined {
  for (const { Gateway, Subnet = "" } of ranges ?? []) {
    const first = firstAddress(Subnet);
    if (first !== undefined) {
      return { gateway: Gateway || first, subnet: Subnet };
    }
  }
  return undefined;
}

function firstAddress(subnet: string): string | undefined {
  const [address = "", prefix = ""] = subnet.split("/");
  const bits = Number(prefix);
  if (!isIPv4(address) || prefix === "" || !(bits >= 0 && bits <= 30)) {
    return undefined;
  }
  const given = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const first = given - (given % 2 ** (32 - bits)) + 1;
  return [24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256).join(".");
}
