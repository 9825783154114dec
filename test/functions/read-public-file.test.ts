import { expect, test } from "vitest";
import { isPublic, readPublicFile } from "#functions/read-public-file.ts";

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
  ["localhost", false],
])("whether %s is public: %s", async (name, expected) => {
  expect(await isPublic(name)).toBe(expected);
});

test.each([
  "http://example.com/a.yml",
  "https://localhost/a.yml",
  "file:///etc/passwd",
  "nonsense",
])("%s is not read", async (address) => {
  expect(await readPublicFile(address)).toBeUndefined();
});
