import { expect, test } from "vitest";
import { addressesOf, isPublicAddress } from "#http/public-address.ts";

test.each([
  ["93.184.215.14", true],
  ["[2606:2800:21f::1]", true],
  ["127.0.0.1", false],
  ["10.1.2.3", false],
  ["169.254.169.254", false],
  ["172.17.0.1", false],
  ["192.168.1.1", false],
  ["0.0.0.0", false],
  ["[::1]", false],
  ["[::ffff:127.0.0.1]", false],
  ["[fd00::1]", false],
  ["[2002:a9fe:a9fe::1]", false],
  ["[2001:0:a9fe:a9fe::1]", false],
  ["[64:ff9b:1:a9fe:a9fe::]", false],
  ["[64:ff9b::a9fe:a9fe]", false],
  ["[::ffff:0:7f00:1]", false],
  ["[fec0::1]", false],
  ["[fd00:ec2::254]", false],
  ["192.0.0.192", false],
  ["198.18.0.1", false],
  ["198.19.255.254", false],
  ["100.100.100.200", false],
  ["192.0.1.1", true],
  ["198.20.0.1", true],
  ["[2600:1f00::1]", true],
  ["localhost", false],
])("whether %s is public: %s", async (name, expected) => {
  const addresses = await addressesOf(name);
  expect(addresses.length).toBeGreaterThan(0);
  expect(addresses.every(({ address }) => isPublicAddress(address))).toBe(expected);
});

test("what is no address is not public", () => {
  for (const text of ["", "example.com", "127.0.0.1.", "0x7f.1"]) {
    expect(isPublicAddress(text)).toBe(false);
  }
});
