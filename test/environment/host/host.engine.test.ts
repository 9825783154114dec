import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { EnvironmentSpec } from "#environment/environment.ts";
import { type HostEnvironmentsOptions, hostEnvironments } from "#environment/host/host.ts";
import { DOCKER_HOST, docker, remainsOf, requireImages } from "../../engine/real-engine.ts";
import { defineEnvironmentContract } from "../contract.ts";
import { fakeService, SCRIPTED_RUNNER } from "../fake-service.ts";

await requireImages("busybox:latest");

async function options(directory: string): Promise<HostEnvironmentsOptions> {
  const runner = join(directory, "runner.mjs");
  await writeFile(runner, SCRIPTED_RUNNER);
  return {
    directory: join(directory, "environments"),
    buildspecs: resolve("buildspecs"),
    runner,
    dockerHost: DOCKER_HOST,
    extraHosts: ["registry.test:10.0.0.1"],
    graceSeconds: 0.3,
  };
}

defineEnvironmentContract("this machine", async () => {
  const directory = await mkdtemp(join(tmpdir(), "slipway-host-"));
  const settings = await options(directory);
  return {
    create: () => hostEnvironments(settings),
    executor: "shell",
    privileged: false,
    address: "127.0.0.1",
    close: () => rm(directory, { recursive: true, force: true }),
  };
});

describe("environments of this machine", () => {
  let directory: string;
  let settings: HostEnvironmentsOptions;
  let service: Awaited<ReturnType<typeof fakeService>>;
  const id = `host-${process.pid}`;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "slipway-host-"));
    settings = await options(directory);
    service = await fakeService();
  });

  afterEach(async () => {
    await hostEnvironments(settings).stop({ id });
    service.close();
    await rm(directory, { recursive: true, force: true });
  });

  const spec = (more: Partial<EnvironmentSpec> = {}): EnvironmentSpec => ({
    id,
    pipelineId: 1,
    project: "group/project",
    access: "push",
    executor: "shell",
    privileged: false,
    capacity: 1,
    runnerTags: [],
    apiUrl: `http://127.0.0.1:${service.port}`,
    ticket: "ticket",
    timeoutSeconds: 60,
    ...more,
  });

  async function until<Value>(ask: () => Promise<Value | undefined> | Value | undefined) {
    for (let tries = 0; tries < 400; tries += 1) {
      const value = await ask();
      if (value !== undefined) return value;
      await sleep(25);
    }
    throw new Error("it never came");
  }

  test("a job sees none of the service's own variables but the usual ones", async () => {
    process.env.SLIPWAY_TEST_SECRET = "secret";
    service.behave(id, {});
    await hostEnvironments(settings).start(spec());
    delete process.env.SLIPWAY_TEST_SECRET;
    const { env } = await until(() => service.hellos(id)[0]);
    expect(env).not.toHaveProperty("SLIPWAY_TEST_SECRET");
    expect(env).toMatchObject({ HOME: process.env.HOME, DOCKER_HOST });
  });

  test("this machine's own names are not looked for behind a proxy", async () => {
    vi.stubEnv("HTTP_PROXY", "http://proxy.test:3128");
    vi.stubEnv("NO_PROXY", "localhost,.corp");
    service.behave(id, {});
    await hostEnvironments(settings).start(spec());
    vi.unstubAllEnvs();
    const { env } = await until(() => service.hellos(id)[0]);
    expect(env).toMatchObject({
      HTTP_PROXY: "http://proxy.test:3128",
      NO_PROXY: "localhost,.corp,registry.test,10.0.0.1",
    });
  });

  test("says that an environment was killed", async () => {
    service.behave(id, {});
    const provider = hostEnvironments(settings);
    await provider.start(spec());
    await until(() => service.hellos(id)[0]);
    const noted = await readFile(join(settings.directory, id, "process"), "utf8");
    process.kill(-Number(noted.split(" ")[1]), "SIGKILL");
    const seen = await until(async () => {
      const one = (await provider.observe([{ id }])).get(id);
      return one?.state === "ended" ? one : undefined;
    });
    expect(seen).toEqual({
      state: "ended",
      problem: expect.stringContaining("ended without a word"),
    });
  });

  test("a start that died before its script ran is made good by the next one", async () => {
    service.behave(id, { exit: 0 });
    const provider = hostEnvironments({ ...settings, buildspecs: join(directory, "none") });
    await expect(provider.start(spec())).rejects.toMatchObject({ permanent: false });
    await hostEnvironments(settings).start(spec());
    expect(await until(() => service.hellos(id)[0])).toBeDefined();
  });

  test("a buildspec with unknown keys is refused for good, with its place", async () => {
    await writeFile(join(directory, "shell.yml"), "version: 0.2\nreports: {}\n");
    await expect(
      hostEnvironments({ ...settings, buildspecs: directory }).start(spec()),
    ).rejects.toMatchObject({
      permanent: true,
      message: expect.stringContaining(`shell.yml:2:1: the buildspec: "reports" is not supported`),
    });
  });

  test("privileged docker-in-docker is not for this machine, unprivileged is", async () => {
    const provider = hostEnvironments(settings);
    const dind = spec({ executor: "docker-in-docker", privileged: true });
    await expect(provider.start(dind)).rejects.toMatchObject({ permanent: true });
    service.behave(id, {});
    await provider.start({ ...dind, privileged: false });
    const { env } = await until(() => service.hellos(id)[0]);
    expect(env).toMatchObject({
      SLIPWAY_EXECUTOR: "docker-in-docker",
      SLIPWAY_PRIVILEGED: "false",
    });
  });

  test.skipIf(process.getuid?.() !== 0)(
    "holds a job that forks without end, and ends all of it",
    async () => {
      service.behave(id, {
        run: "dash -c 'while :; do setsid env -i sleep 600 >/dev/null 2>&1 & done' 2>&1",
      });
      const provider = hostEnvironments({ ...settings, processLimit: 60 });
      await provider.start(spec());
      const { output } = await until(() => service.hellos(id)[0]);
      expect(output).toMatch(/Cannot fork/);
      await provider.stop({ id });
      const sleeping = await Promise.all(
        (await readdir("/proc"))
          .filter((name) => /^\d+$/.test(name))
          .map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")),
      );
      expect(sleeping.filter((words) => words === "sleep\u0000600\u0000")).toEqual([]);
    },
  );

  test("ends the processes of a shell job whose runner was killed, and no other environment's", async () => {
    const [left, stranger] = [id, `${id}-2`].map((environment) =>
      spawn("sleep", ["600"], {
        detached: true,
        stdio: "ignore",
        env: { SLIPWAY_JOB_PROCESSES: `${environment}/7/mark`, PATH: process.env.PATH },
      }),
    );
    await hostEnvironments(settings).stop({ id });
    await vi.waitFor(() => expect(left?.signalCode).toBe("SIGKILL"), 5_000);
    expect(stranger?.signalCode).toBeNull();
    stranger?.kill("SIGKILL");
  });

  test("an engine that is gone keeps the environment listed until what it left can be removed", async () => {
    service.behave(id, { exit: 0 });
    const provider = hostEnvironments({ ...settings, dockerHost: `unix://${directory}/no.sock` });
    await provider.start(spec({ executor: "docker-socket" }));
    await expect(provider.stop({ id })).rejects.toThrow(/is not removed yet/);
    expect(await provider.list()).toEqual([{ id, handle: `host:${id}` }]);
  });
});

describe("environments that use this machine's engine", () => {
  test("stopping removes all that carries the environment's label, running or not", async () => {
    const directory = await mkdtemp(join(tmpdir(), "slipway-host-"));
    const provider = hostEnvironments(await options(directory));
    const id = `owned-${process.pid}`;
    const Labels = { "dev.slipway.environment": id };
    await docker.createVolume({ Name: `${id}-v`, Labels });
    await docker.createNetwork({ Name: `${id}-n`, Labels });
    for (const command of [["sleep", "600"], ["true"]]) {
      const container = await docker.createContainer({
        Image: "busybox:latest",
        Cmd: command,
        Labels,
        Volumes: { "/anonymous": {} },
        HostConfig: { NetworkMode: `${id}-n`, Binds: [`${id}-v:/v`] },
      });
      await container.start();
    }
    const stranger = await docker.createContainer({
      Image: "busybox:latest",
      Cmd: ["sleep", "600"],
      HostConfig: { NetworkMode: `${id}-n` },
    });
    await stranger.start();
    expect(await remainsOf(id)).toHaveLength(4);
    await provider.stop({ id });
    expect(await remainsOf(id)).toEqual([]);
    expect((await stranger.inspect()).State.Running).toBe(true);
    await stranger.remove({ force: true });
    await rm(directory, { recursive: true, force: true });
  });
});
