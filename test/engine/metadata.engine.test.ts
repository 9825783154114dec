import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import {
  closedBridge,
  closeMetadata,
  isMetadataClosed,
  type MetadataUser,
  openMetadata,
} from "#engine/metadata.ts";

/**
 * A machine of its own, in namespaces that end with it: a job behind a bridge, another container behind `docker0`, and
 * a listener on the other side at the address of a cloud's metadata.
 */
function onMachine(body: string): { readonly status: number | null; readonly said: string } {
  const bridge = closedBridge("slipway-e-slot-0");
  const text = `set -e
mount -t tmpfs none /run; mkdir /run/netns
ip link set lo up
echo 1 >/proc/sys/net/ipv4/ip_forward
iptables -N DOCKER-USER; iptables -A FORWARD -j DOCKER-USER; iptables -A DOCKER-USER -j RETURN
container() { # NAME BRIDGE NETWORK
  ip netns add $1
  ip link add $2 type bridge; ip addr add $3.1/24 dev $2; ip link set $2 up
  ip link add v$1 type veth peer name eth0 netns $1
  ip link set v$1 master $2 up
  ip -n $1 addr add $3.2/24 dev eth0; ip -n $1 link set eth0 up; ip -n $1 route add default via $3.1
}
container job ${bridge} 10.9.1
container other docker0 10.9.2
ip netns add cloud
ip link add toward type veth peer name eth0 netns cloud
ip addr add 10.9.3.1/24 dev toward; ip link set toward up
ip -n cloud addr add 10.9.3.2/24 dev eth0; ip -n cloud link set eth0 up; ip -n cloud link set lo up
ip -n cloud route add default via 10.9.3.1
for address in 169.254.169.254 169.254.170.2 100.100.100.200; do
  ip -n cloud addr add $address/32 dev lo; ip route add $address/32 via 10.9.3.2
done
ip netns exec cloud ${process.execPath} -e 'require("net").createServer((s) => s.end("TOKEN")).listen(80, () => console.log("up"))' >/run/up &
server=$!
trap 'kill $server' EXIT
until [ -s /run/up ]; do sleep 0.05; done
reach() { # WHO ADDRESS
  if [ "$1" = machine ]; then prefix=; else prefix="ip netns exec $1"; fi
  $prefix timeout 3 bash -c "exec 3<>/dev/tcp/$2/80 && cat <&3" 2>/dev/null || echo closed
}
${body}
`;
  const ended = spawnSync("unshare", ["--net", "--mount", "bash", "-c", text], {
    encoding: "utf8",
    timeout: 60_000,
  });
  return { status: ended.status, said: `${ended.stdout}${ended.stderr}` };
}

const jobs: readonly MetadataUser[] = [{ behind: "slw-+" }];
const mayTry = process.getuid?.() === 0 && onMachine("true").status === 0;

describe.skipIf(!mayTry)("metadata of a cloud", () => {
  test("is in reach of every container where nothing is closed", () => {
    const { said } = onMachine("reach job 169.254.169.254; echo; reach other 169.254.170.2");
    expect(said).toBe("TOKEN\nTOKEN");
  });

  test("is out of reach behind closed bridges, and of nobody else", () => {
    const { said } = onMachine(`(${closeMetadata(jobs)})
for address in 169.254.169.254 169.254.170.2 100.100.100.200 10.9.3.2; do reach job $address; echo " $address"; done
reach other 169.254.169.254; echo
reach machine 169.254.169.254; echo`);
    expect(said.trimEnd().split("\n")).toEqual([
      "closed",
      " 169.254.169.254",
      "closed",
      " 169.254.170.2",
      "closed",
      " 100.100.100.200",
      "TOKEN 10.9.3.2",
      "TOKEN",
      "TOKEN",
    ]);
  });

  test("is out of reach of all containers where the engine is theirs, but not of the runner beside it", () => {
    const { said } = onMachine(`(${closeMetadata([{ behind: "any" }])})
reach other 169.254.170.2; reach machine 169.254.170.2`);
    expect(said).toBe("closed\nTOKEN");
  });

  test("is out of reach of the engine's own network too, in an environment that needs none", () => {
    const users: readonly MetadataUser[] = [{ behind: "any" }, "everything beside the engine"];
    const { said } = onMachine(`(${closeMetadata(users)})
reach job 169.254.169.254; reach machine 169.254.169.254; reach machine 10.9.3.2`);
    expect(said).toBe("closed\nclosed\nTOKEN");
  });

  test("is closed once, however often it is asked for, and opened without touching other rules", () => {
    const { said, status } = onMachine(`iptables -A DOCKER-USER -s 10.1.1.1 -j DROP
before=$(iptables -S)
(${isMetadataClosed(jobs)}) && exit 1
(${closeMetadata(jobs)})
once=$(iptables -S)
(${closeMetadata(jobs)})
(${isMetadataClosed(jobs)})
[ "$once" = "$(iptables -S)" ] && [ "$once" != "$before" ] || exit 2
(${openMetadata(jobs)})
[ "$before" = "$(iptables -S)" ] || exit 3
reach job 169.254.169.254`);
    expect({ said, status }).toEqual({ said: "TOKEN", status: 0 });
  });

  test("is closed in FORWARD where the engine has no chain for its users", () => {
    const { said } =
      onMachine(`iptables -F FORWARD; iptables -F DOCKER-USER; iptables -X DOCKER-USER
(${closeMetadata(jobs)})
reach job 169.254.169.254; reach other 169.254.169.254`);
    expect(said).toBe("closed\nTOKEN");
  });

  test("stays open with a status and a word where there is no iptables", () => {
    const { said, status } =
      onMachine(`mount -t tmpfs none /usr/sbin; mount -t tmpfs none /sbin 2>/dev/null
(PATH=/usr/bin:/bin; ${closeMetadata(jobs)}) || exit 7`);
    expect(said).toMatch(/iptables.*not found/);
    expect(status).toBe(7);
  });
});
