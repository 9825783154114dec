import { test } from "vitest";
import { killAfterEffects } from "../functions/killed-build.ts";

test("a function that is killed after any effect leaves nothing lost, doubled or untold", async () => {
  await killAfterEffects(1);
});
