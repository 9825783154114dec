import { test } from "vitest";
import { defineEnvironmentContract } from "../environment/contract.ts";
import { SCRIPTED_RUNNER } from "../environment/fake-service.ts";
import { gateway, whyNoEngine } from "../environment/real-engine.ts";
import { openCodebuild } from "./codebuild-double/open-codebuild.ts";
import { sourceZip } from "./codebuild-double/source.ts";

const reason = await whyNoEngine("slipway/engine:latest");
if (reason) {
  console.log(`skipped: builds of CodeBuild's double, because ${reason}`);
  test.skip(`builds of CodeBuild's double, because ${reason}`, () => {});
} else {
  for (const executor of ["docker-in-docker", "docker-socket", "shell"] as const) {
    defineEnvironmentContract(`AWS CodeBuild for ${executor}`, async () => {
      const address = await gateway();
      const source = await sourceZip(SCRIPTED_RUNNER);
      const { double, create, close } = await openCodebuild({
        address,
        readSource: async () => source,
      });
      return {
        create,
        executor,
        privileged: executor !== "shell",
        keepsRecords: true,
        keepsLastWords: true,
        hurry: () => {
          double.knobs.minuteMilliseconds = 500;
          return {
            calm: () => {
              double.knobs.minuteMilliseconds = 60_000;
            },
          };
        },
        address,
        close,
      };
    });
  }
}
