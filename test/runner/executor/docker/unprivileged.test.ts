import { expect, test } from "vitest";
import { isUnprivileged } from "#runner/executor/docker/unprivileged.ts";

test.each([
  ["docker-in-docker", false, true],
  ["docker-in-docker", true, false],
  ["docker-socket", false, false],
  ["shell", false, false],
] as const)("%s with privileged %s has no engine: %s", (executor, privileged, expected) => {
  expect(isUnprivileged({ executor, privileged })).toBe(expected);
});
