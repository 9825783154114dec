import { lookup } from "node:dns/promises";
import { appendFile, readFile } from "node:fs/promises";

/** The registry's host on one machine: one name that engines, engine containers and jobs can share. */
export const REGISTRY_NAME = "slipway.localhost";

/** Ports at which an engine that set-up started trusts this machine's registries, BuildKit included. */
export const REGISTRY_PORTS: readonly number[] = Array.from({ length: 100 }, (_, n) => 4480 + n);

/** Whether the name means this machine, and only 127.0.0.0/8, which engines trust without TLS. */
export async function registryNameResolves(): Promise<boolean> {
  try {
    const addresses = await lookup(REGISTRY_NAME, { all: true, family: 4 });
    return addresses.length > 0 && addresses.every(({ address }) => address.startsWith("127."));
  } catch {
    return false;
  }
}

/** Adds the name to the hosts file; false where that is not allowed. */
export async function addRegistryName(hostsFile = "/etc/hosts"): Promise<boolean> {
  try {
    const hosts = await readFile(hostsFile, "utf8");
    if (!hostsFileHas(hosts, REGISTRY_NAME)) {
      const newLine = hosts === "" || hosts.endsWith("\n") ? "" : "\n";
      await appendFile(hostsFile, `${newLine}127.0.0.1 ${REGISTRY_NAME}\n`);
    }
    return true;
  } catch {
    return false;
  }
}

/** Whether a line of a hosts file gives the name an address. */
export function hostsFileHas(hosts: string, name: string): boolean {
  return hosts.split("\n").some((line) => {
    const [address, ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
    return Boolean(address) && names.includes(name);
  });
}
