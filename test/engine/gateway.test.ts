import { expect, test } from "vitest";
import { ipv4Gateway } from "#engine/gateway.ts";

test.for([
  ["the engine's own", [{ Gateway: "172.17.0.1", Subnet: "172.17.0.0/16" }], "172.17.0.1"],
  ["one that is not the first", [{ Gateway: "10.9.0.254", Subnet: "10.9.0.0/24" }], "10.9.0.254"],
  ["none named", [{ Subnet: "172.18.0.0/16" }], "172.18.0.1"],
  ["an empty name", [{ Gateway: "", Subnet: "172.18.0.0/16" }], "172.18.0.1"],
  ["a range within a block of 256", [{ Subnet: "10.1.2.128/25" }], "10.1.2.129"],
  ["a range over several blocks", [{ Subnet: "192.168.64.0/20" }], "192.168.64.1"],
  [
    "IPv6 before it",
    [{ Gateway: "fd00::1", Subnet: "fd00::/64" }, { Subnet: "172.19.0.0/16" }],
    "172.19.0.1",
  ],
] as const)("the gateway of %s", ([, ranges, gateway]) => {
  expect(ipv4Gateway(ranges)?.gateway).toBe(gateway);
});

test.for([
  ["no ranges", []],
  ["nothing said", null],
  ["IPv6 alone", [{ Gateway: "fd00::1", Subnet: "fd00::/64" }]],
  ["a range that is none", [{ Subnet: "172.19.0.0" }]],
] as const)("a network with %s has none", ([, ranges]) => {
  expect(ipv4Gateway(ranges)).toBeUndefined();
});
