import { expect, test } from "vitest";
import { isWebAddress, pageAddress } from "#http/web-address.ts";

test.each([
  ["https://example.com", true],
  ["HTTP://example.com:8080/a?b=c#d", true],
  ["https://bücher.example/ä", true],
  ["http://[::1]:3000/", true],
  ["javascript:alert(1)", false],
  ["JAVASCRIPT://example.com/%0Aalert(1)", false],
  [" javascript:alert(1)", false],
  ["java\nscript:alert(1)", false],
  ["data:text/html,x", false],
  ["vbscript:x", false],
  ["file:///etc/passwd", false],
  ["ssh://git@example.com/x", false],
  ["//example.com/x", false],
  ["/x", false],
  ["https:example.com", false],
  ["https:\\\\example.com", false],
  ["https://example.com/\u202Egnp.exe", false],
  ["ht\ntps://example.com", false],
  ["https://example.com/a b", false],
  ["https://example.com/\u0000", false],
  ["https://", false],
  ["https://[::1", false],
  [`https://example.com/${"x".repeat(3_000)}`, false],
  ["", false],
])("%j may be a link: %s", (text, expected) => {
  expect(isWebAddress(text)).toBe(expected);
});

test("an address of somebody else's page has no slash at its end, or is empty", () => {
  expect(pageAddress("https://git.example/a/b//")).toBe("https://git.example/a/b");
  for (const none of ["javascript:alert(1)", "", null, undefined])
    expect(pageAddress(none)).toBe("");
});
