import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { engineContainers } from "#environment/engine/container.ts";
import { bundleProgram } from "#local/bundle/program.ts";
import { type EngineEndpoint, openEngineEndpoint } from "#runner/engine/endpoint.ts";
import { DOCKER_HOST, docker, ENGINE_IMAGE, requireImages } from "../../engine/real-engine.ts";

await requireImages("busybox:latest", ENGINE_IMAGE);

describe("a real client through the endpoint of a real engine", () => {
  let directory: string;
  let endpoint: EngineEndpoint;
  const environmentId = `endpoint-${process.pid}`;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "slipway-endpoint-"));
    endpoint = await openEngineEndpoint({
      dockerHost: DOCKER_HOST,
      environmentId,
      jobId: 3,
      directory,
      plain: false,
      label: true,
    });
  });

  afterAll(async () => {
    await endpoint.close();
    await rm(directory, { recursive: true, force: true });
  });

  /** Not waited for by blocking: the endpoint runs in this very process. */
  async function cli(words: string, input = ""): Promise<{ output: string; code: number | null }> {
    const child = spawn("docker", words.split(" "), {
      env: {
        PATH: process.env.PATH,
        HOME: directory,
        DOCKER_HOST: `unix://${endpoint.socketPath}`,
      },
    });
    let output = "";
    child.stdout.on("data", (chunk) => {
      output += chunk;
    });
    child.stderr.on("data", (chunk) => {
      output += chunk;
    });
    child.stdin.end(input);
    const code = await new Promise<number | null>((done) => child.on("close", done));
    return { output, code };
  }

  test("runs a container with an input that ends, and has its exit status", async () => {
    expect(
      await cli("run --rm -i busybox sh -c wc${IFS}-c;exit${IFS}3", "x".repeat(3_000_000)),
    ).toEqual({ output: "3000000\n", code: 3 });
  });

  test("attaches to what runs already, and finds it by the owner's labels", async () => {
    const { output: id } = await cli("run -d busybox sleep 60");
    expect(await cli(`exec -i ${id.trim()} cat`, "through exec")).toEqual({
      output: "through exec",
      code: 0,
    });
    const filters = { label: [`dev.slipway.environment=${environmentId}`, "dev.slipway.job=3"] };
    expect((await docker.listContainers({ filters })).map(({ Id }) => Id)).toEqual([id.trim()]);
    await cli(`rm -f ${id.trim()}`);
  });

  test("labels the volumes that a container makes by naming them", async () => {
    const name = `${environmentId}-volume`;
    await cli(`run --rm -v ${name}:/data busybox true`);
    const volume = await docker.getVolume(name).inspect();
    await docker.getVolume(name).remove();
    expect(volume.Labels).toEqual({
      "dev.slipway.environment": environmentId,
      "dev.slipway.job": "3",
    });
  });

  test("builds", async () => {
    await writeFile(join(directory, "Dockerfile"), "FROM busybox\nRUN echo built\n");
    const { output, code } = await cli(`build -q -t ${environmentId} ${directory}`);
    // A client without the buildx plugin cannot build at all: docker(1) says so itself.
    if (!/buildx/.test(output)) {
      expect(output).toMatch(/^sha256:/m);
      expect(code).toBe(0);
      await docker.getImage(environmentId).remove({ force: true });
    }
  });
});

test("the engine of a docker-in-docker environment takes over a dind service's command", async () => {
  const directory = await mkdtemp(join(tmpdir(), "slipway-flags-"));
  const entry = join(directory, "program.ts");
  await writeFile(
    entry,
    `import { spawnSync } from "node:child_process";
import { applyEngineFlags } from ${JSON.stringify(resolve("src/runner/engine/flags.ts"))};
const apply = (flags: string[]) => applyEngineFlags(flags, { executor: "docker-in-docker", dockerHost: process.env.DOCKER_HOST ?? "" });
const { warnings } = await apply(["--registry-mirror=http://mirror.test", "--mtu=1234", "--userns-remap=x"]);
const bad = await apply(["--registry-mirror=nonsense:://"]);
const info = spawnSync("docker", ["info", "-f", "{{.RegistryConfig.Mirrors}}"], { encoding: "utf8" }).stdout.trim();
const mtu = spawnSync("docker", ["network", "inspect", "bridge", "-f", "{{index .Options \\"com.docker.network.driver.mtu\\"}}"], { encoding: "utf8" }).stdout.trim();
console.log(JSON.stringify({ info, mtu, warnings: warnings.length, bad: bad.warnings.length }));
process.exit(9);
`,
  );
  const { Runtimes: runtimes } = await docker.info();
  const provider = engineContainers({
    dockerHost: DOCKER_HOST,
    image: ENGINE_IMAGE,
    buildspecs: resolve("buildspecs"),
    runner: await bundleProgram(entry, join(directory, "program.mjs")),
    ...("slipway" in runtimes ? { runtime: "slipway" } : {}),
  });
  const id = `flags-${process.pid}`;
  try {
    await provider.start({
      id,
      pipelineId: 1,
      project: "group/project",
      access: "push",
      executor: "docker-in-docker",
      privileged: true,
      capacity: 1,
      runnerTags: [],
      apiUrl: "http://localhost",
      ticket: "ticket",
      timeoutSeconds: 60,
    });
    const problem = await expect
      .poll(async () => (await provider.observe([{ id }])).get(id), {
        timeout: 30_000,
        interval: 50,
      })
      .toMatchObject({ state: "ended" })
      .then(async () => (await provider.observe([{ id }])).get(id));
    expect(problem).toMatchObject({
      problem: expect.stringContaining(
        '{"info":"[http://mirror.test/]","mtu":"1234","warnings":1,"bad":1}',
      ),
    });
  } finally {
    await provider.stop({ id });
    await rm(directory, { recursive: true, force: true });
  }
}, 40_000);
