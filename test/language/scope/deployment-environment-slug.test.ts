import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { deploymentEnvironmentSlug } from "#language/scope/deployment-environment-slug.ts";
import { sha256Hex } from "#language/sha256.ts";

describe("CI_ENVIRONMENT_SLUG", () => {
  test.for([
    ["staging", /^staging$/],
    ["staging-1234567890123456", /^staging-1234567890123456$/],
    ["staging-12345678901234567", /^staging-123456789-[0-9a-z]{6}$/],
    ["9-staging-123456789012345", /^env-9-staging-123-[0-9a-z]{6}$/],
    ["Production", /^production-[0-9a-z]{6}$/],
    ["review/feature", /^review-feature-[0-9a-z]{6}$/],
    ["a--b", /^a-b-[0-9a-z]{6}$/],
    ["staging/", /^staging-[0-9a-z]{6}$/],
    ["prod-", /^prod$/],
    ["1", /^env-1-[0-9a-z]{6}$/],
  ] as const)("%j becomes %s", ([name, expected]) => {
    expect(deploymentEnvironmentSlug(name)).toMatch(expected);
    expect(deploymentEnvironmentSlug(name).length).toBeLessThanOrEqual(24);
  });

  test("names that look alike as slugs stay apart", () => {
    expect(deploymentEnvironmentSlug("a/b")).not.toBe(deploymentEnvironmentSlug("a_b"));
  });

  test("the digest behind the suffix is SHA-256", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 200 }), (text) => {
        expect(sha256Hex(text)).toBe(createHash("sha256").update(text, "utf8").digest("hex"));
      }),
      { numRuns: 50 },
    );
  });
});
