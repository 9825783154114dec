import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { type EngineContainersOptions, engineContainers } from "#environment/engine/container.ts";
import type { EnvironmentSpec } from "#environment/environment.ts";
import {
  bridge,
  DOCKER_HOST,
  docker,
  ENGINE_IMAGE,
  requireImages,
} from "../../engine/real-engine.ts";
import { defineEnvironmentContract } from "../contract.ts";
import { fakeService, SCRIPTED_RUNNER } from "../fake-service.ts";

async function options(directory: string): Promise<EngineContainersOptions> {
  const runner = join(directory, "runner.mjs");
  await writeFile(runner, SCRIPTED_RUNNER);
  const { Runtimes: runtimes } = await docker.info();
  return {
    dockerHost: DOCKER_HOST,
    image: ENGINE_IMAGE,
    buildspecs: resolve("buildspecs"),
    runner,
    extraHosts: ["registry.test:10.0.0.1"],
    registryMirrors: ["http://mirror.test:5000"],
    insecureRegistries: ["registry.test:5000"],
    ...("slipway" in runtimes ? { runtime: "slipway" } : {}),
  };
}

await requireImages(ENGINE_IMAGE);

describe("the promises of every environment", () => {
  defineEnvironmentContract("engine containers", async () => {
    const directory = await mkdtemp(join(tmpdir(), "slipway-engine-"));
    const settings = await options(directory);
    return {
      create: () => engineContainers(settings),
      executor: "docker-in-docker",
      privileged: true,
      address: (await bridge()).gateway,
      close: () => rm(directory, { recursive: true, force: true }),
    };
  });
});

describe("an engine container", () => {
  async function run(
    command: string,
    more: Partial<EngineContainersOptions> = {},
    size: Pick<EnvironmentSpec, "memoryBytes"> = {},
  ) {
    const directory = await mkdtemp(join(tmpdir(), "slipway-engine-"));
    const provider = engineContainers({ ...(await options(directory)), ...more });
    const service = await fakeService();
    const id = `engine-${process.pid}-${service.port}`;
    service.behave(id, { run: command, exit: 0 });
    const spec: EnvironmentSpec = {
      id,
      pipelineId: 1,
      project: "group/project",
      access: "push",
      executor: "docker-in-docker",
      privileged: true,
      capacity: 1,
      runnerTags: [],
      apiUrl: `http://${(await bridge()).gateway}:${service.port}`,
      ticket: "ticket",
      timeoutSeconds: 60,
      ...size,
    };
    const volumes = async () => ((await docker.listVolumes()).Volumes ?? []).map((v) => v.Name);
    const before = await volumes();
    try {
      await provider.start(spec);
      for (;;) {
        const seen = (await provider.observe([{ id }])).get(id);
        if (seen?.state === "ended" || seen?.state === "unknown") {
          const container = docker.getContainer(`slipway-${id}`);
          const own = (await container.inspect()).Mounts.map(({ Name }) => Name ?? "");
          await provider.stop({ id });
          const left = (await volumes()).filter((name) => own.includes(name));
          return { seen, own, left, before, output: service.hellos(id)[0]?.output ?? "" };
        }
      }
    } finally {
      await provider.stop({ id });
      service.close();
      await rm(directory, { recursive: true, force: true });
    }
  }

  test("has a fresh engine with overlay2 and the given registries, on a volume that ends with it", async () => {
    const { seen, own, left, output } = await run(
      "docker info --format '{{.Driver}} {{.Images}} {{.RegistryConfig.Mirrors}} {{json .RegistryConfig.IndexConfigs}}'; grep registry.test /etc/hosts",
    );
    expect(seen).toEqual({ state: "ended" });
    expect(output).toMatch(/^overlay2 0 \[http:\/\/mirror\.test:5000\/\] .*registry\.test:5000/);
    expect(output).toMatch(/10\.0\.0\.1\s+registry\.test/);
    expect(own).toHaveLength(1);
    expect(left).toEqual([]);
  });

  test("runs containers, privileged ones too", async () => {
    const { output } = await run(
      "tar -C / -c bin usr/bin/busybox | docker import - own >/dev/null && docker run --rm --privileged --network none own /usr/bin/busybox echo inner",
    );
    expect(output).toContain("inner");
  });

  test("says when it ran out of its memory", async () => {
    const { seen } = await run("exit 0", { memoryBytes: 32 * 1024 * 1024 });
    expect(seen).toMatchObject({ state: "ended", problem: expect.stringContaining("32 MiB") });
  });

  test("has the memory that its own size names before the provider's", async () => {
    const { seen } = await run(
      "exit 0",
      { memoryBytes: 1024 * 1024 * 1024 },
      { memoryBytes: 24 * 1024 * 1024 },
    );
    expect(seen).toMatchObject({ state: "ended", problem: expect.stringContaining("24 MiB") });
  });

  test("an image that is not there is refused for good, in words", async () => {
    await expect(run("true", { image: "slipway/none:1" })).rejects.toMatchObject({
      permanent: true,
      message: expect.stringContaining("Make the image slipway/none:1 by the set-up"),
    });
  });

  test("a container that was made but never started is started by the next try", async () => {
    const directory = await mkdtemp(join(tmpdir(), "slipway-engine-"));
    const settings = await options(directory);
    const service = await fakeService();
    const id = `adopt-${process.pid}`;
    const spec: EnvironmentSpec = {
      id,
      pipelineId: 1,
      project: "group/project",
      access: "push",
      executor: "docker-in-docker",
      privileged: true,
      capacity: 1,
      runnerTags: [],
      apiUrl: `http://${(await bridge()).gateway}:${service.port}`,
      ticket: "ticket",
      timeoutSeconds: 60,
    };
    const provider = engineContainers(settings);
    try {
      await provider.start(spec);
      const first = docker.getContainer(`slipway-${id}`);
      const { Config: config, HostConfig: host } = await first.inspect();
      await provider.stop({ id });
      await docker.createContainer({ ...config, name: `slipway-${id}`, HostConfig: host });
      expect((await provider.observe([{ id }])).get(id)).toMatchObject({ state: "starting" });
      await provider.start(spec);
      for (let tries = 0; service.hellos(id).length === 0 && tries < 400; tries += 1) {
        await new Promise((done) => setTimeout(done, 25));
      }
      expect(service.hellos(id)).toHaveLength(1);
    } finally {
      await provider.stop({ id });
      service.close();
      await rm(directory, { recursive: true, force: true });
    }
  });
});

test("an engine container is for privileged docker-in-docker only", async () => {
  const provider = engineContainers({
    dockerHost: "unix:///nowhere",
    image: ENGINE_IMAGE,
    buildspecs: resolve("buildspecs"),
    runner: "/nowhere",
  });
  const spec: EnvironmentSpec = {
    id: "x",
    pipelineId: 1,
    project: "group/project",
    access: "push",
    executor: "docker-in-docker",
    privileged: false,
    capacity: 1,
    runnerTags: [],
    apiUrl: "http://localhost",
    ticket: "ticket",
    timeoutSeconds: 60,
  };
  await expect(provider.start(spec)).rejects.toMatchObject({ permanent: true });
});
