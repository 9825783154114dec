import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
const declared: {
  readonly dependencies: Record<string, string>;
  readonly devDependencies: Record<string, string>;
} = JSON.parse(text);
const versions = Object.entries({ ...declared.dependencies, ...declared.devDependencies });

test.each(versions)("%s is pinned to one version: %s", (_name, version) => {
  expect(version).toMatch(/^\d+\.\d+\.\d+$/);
});

test("the AWS SDK's packages are of one version, so that they share what they are made of", () => {
  const ofSdk = versions.filter(([name]) => name.startsWith("@aws-sdk/"));
  expect(ofSdk.length).toBeGreaterThan(5);
  expect(new Set(ofSdk.map(([, version]) => version)).size).toBe(1);
});
