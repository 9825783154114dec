import { createHash } from "node:crypto";

/**
 * Where clouds answer their own machines with credentials: AWS (EC2, ECS and CodeBuild, EKS), Google
 * (`metadata.google.internal`), Azure, DigitalOcean, Hetzner and others by the first one, Alibaba, Oracle, Scaleway.
 */
const ADDRESSES = {
  iptables: [
    "169.254.169.254",
    "169.254.170.2",
    "169.254.170.23",
    "169.254.42.42",
    "100.100.100.200",
    "192.0.0.192",
  ],
  ip6tables: ["fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254", "fd00:42::42"],
} as const;

/** Names of bridges from which metadata is out of reach begin so; the rest makes up an interface's 15 characters. */
export const CLOSED_BRIDGES = "slw-";

/** The interface of a network whose containers may not reach metadata. */
export function closedBridge(network: string): string {
  return CLOSED_BRIDGES + createHash("sha256").update(network).digest("hex").slice(0, 11);
}

/** Containers behind an interface (`NAME+` for all that begin so), behind any one, or whatever runs beside the engine. */
export type MetadataUser =
  | { readonly behind: string }
  | { readonly behind: "any" }
  | "everything beside the engine";

/**
 * A script (sh) that keeps these from the metadata of a cloud: one rule each, which is added where it is missing, at the
 * beginning of the chain that Docker leaves to its users ("Packet filtering and firewalls": DOCKER-USER). Other rules
 * stay as they are. Ends with a status other than 0 and a sentence where that cannot be done.
 */
export function closeMetadata(users: readonly MetadataUser[]): string {
  return script(
    users,
    (tool, rule) =>
      `${tool} -C ${rule} REJECT 2>/dev/null || ${tool} -C ${rule} DROP 2>/dev/null || ${tool} -I ${rule} REJECT 2>/dev/null || ${tool} -I ${rule} DROP`,
  );
}

/** Takes away what `closeMetadata` added. */
export function openMetadata(users: readonly MetadataUser[]): string {
  return script(
    users,
    (tool, rule) =>
      `for target in REJECT DROP; do while ${tool} -D ${rule} $target 2>/dev/null; do :; done; done`,
  );
}

/** Ends with 0 where `closeMetadata` has nothing to add. */
export function isMetadataClosed(users: readonly MetadataUser[]): string {
  return script(
    users,
    (tool, rule) => `${tool} -C ${rule} REJECT 2>/dev/null || ${tool} -C ${rule} DROP 2>/dev/null`,
  );
}

function script(
  users: readonly MetadataUser[],
  each: (tool: string, rule: string) => string,
): string {
  const lines = (["iptables", "ip6tables"] as const).map((name) => {
    const tool = `${name} -w 5`;
    const addresses = ADDRESSES[name].join(",");
    const rules = users.map((user) => each(tool, `${matching(user)} -d ${addresses} -j`));
    const work = [
      // An engine that manages no rules of this family has no such chain.
      `  chain=DOCKER-USER; ${tool} -n -L DOCKER-USER >/dev/null 2>&1 || chain=FORWARD`,
      ...rules.map((rule) => `  { ${rule}; } || failed=1`),
    ].join("\n");
    // A machine without IPv6 has nothing to close.
    return name === "iptables" ? work : `if [ -e /proc/net/if_inet6 ]; then\n${work}\nfi`;
  });
  return ["PATH=$PATH:/usr/sbin:/sbin; failed=0", ...lines, "[ $failed = 0 ]", ""].join("\n");
}

function matching(user: MetadataUser): string {
  if (user === "everything beside the engine") return "OUTPUT";
  return user.behind === "any" ? '"$chain"' : `"$chain" -i ${user.behind}`;
}
