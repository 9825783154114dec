import { test } from "vitest";
import { killAfterEffects } from "./killed-build.ts";

test("a function that is killed after some effect leaves nothing lost, doubled or untold", async () => {
  await killAfterEffects(9);
});
