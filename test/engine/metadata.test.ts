import { expect, test } from "vitest";
import { closedBridge } from "#engine/metadata.ts";

test("names of closed bridges fit an interface, and each network has its own", () => {
  const names = ["slipway-a-slot-0", "slipway-a-slot-1"].map(closedBridge);
  for (const name of names) expect(name).toMatch(/^slw-[0-9a-f]{11}$/);
  expect(new Set(names).size).toBe(2);
});
