import { describe, expect, test } from "vitest";
import type { EnvironmentSpec } from "#environment/environment.ts";
import { bridge, ENGINE_IMAGE, requireImages } from "../engine/real-engine.ts";
import { defineEnvironmentContract } from "../environment/contract.ts";
import { fakeService, SCRIPTED_RUNNER } from "../environment/fake-service.ts";
import { openCodebuild, projectName } from "./codebuild-double/open-codebuild.ts";
import { sourceZip } from "./codebuild-double/source.ts";

await requireImages(ENGINE_IMAGE);

describe("builds of CodeBuild's double", () => {
  for (const executor of ["docker-in-docker", "docker-socket", "shell"] as const) {
    defineEnvironmentContract(`AWS CodeBuild for ${executor}`, async () => {
      const { gateway: address } = await bridge();
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
});

describe("the engine of a build", () => {
  const facts =
    "docker -H unix:///var/run/docker.sock info -f 'socket {{.Driver}}'; docker -H tcp://127.0.0.1:2375 info -f 'port {{.Driver}}'";

  async function ask(executor: EnvironmentSpec["executor"], image?: string): Promise<string> {
    const { gateway: address } = await bridge();
    const source = await sourceZip(SCRIPTED_RUNNER);
    const service = await fakeService();
    const { create, close } = await openCodebuild({ address, readSource: async () => source });
    const id = `engine-${process.pid}-${service.port}`;
    service.behave(id, { run: facts, exit: 0 });
    const place = {
      codebuildProject: projectName,
      serviceRole: "arn:aws:iam::123456789012:role/build",
      ...(image !== undefined && { image }),
    };
    const provider = create({ placeFor: () => place });
    try {
      const { handle } = await provider.start({
        id,
        pipelineId: 1,
        project: "group/project",
        access: "push",
        executor,
        privileged: executor !== "shell",
        capacity: 1,
        runnerTags: [],
        apiUrl: `http://${address}:${service.port}`,
        ticket: "ticket",
        timeoutSeconds: 600,
      });
      await expect
        .poll(async () => (await provider.observe([{ id, handle }])).get(id), { timeout: 60_000 })
        .toEqual({ state: "ended" });
      return service.hellos(id)[0]?.output ?? "";
    } finally {
      service.close();
      await close();
    }
  }

  test.for([
    ["docker-in-docker", "aws/codebuild/standard:8.0"],
    ["docker-in-docker", "registry.test/builder:1"],
    ["docker-socket", "registry.test/builder:1"],
  ] as const)("is there for %s with overlay2 in the image %s", async ([executor, image]) => {
    expect(await ask(executor, image)).toMatch(/^socket overlay2\nport overlay2\n$/);
  });

  test("is not there for an unprivileged shell", async () => {
    expect(await ask("shell", "registry.test/builder:1")).not.toContain("overlay2");
  });
});
