import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { askEngine } from "#engine/ask.ts";
import { inspectMachine } from "#local/doctor/doctor.ts";
import { ensureMachine, findMachine, type Machine } from "#local/setup/machine.ts";

const bootstrap = fileURLToPath(new URL("../../../local/setup/bootstrap.mjs", import.meta.url));

describe("this machine, once set up", () => {
  let machine: Machine;

  beforeAll(async () => {
    machine = await ensureMachine(() => undefined);
  }, 180_000);

  test("a second set-up has nothing to do and says nothing", () => {
    expect(execFileSync(process.execPath, [bootstrap], { encoding: "utf8" })).toBe("");
  });

  test("two set-ups at once agree with one that only looks", async () => {
    const said: string[] = [];
    const both = await Promise.all([
      ensureMachine((line) => said.push(line)),
      ensureMachine((line) => said.push(line)),
    ]);
    expect(both).toEqual([machine, machine]);
    expect(await findMachine()).toEqual(machine);
    expect(said.filter((line) => !line.includes("waiting"))).toEqual([]);
  });

  test("the doctor finds nothing missing", async () => {
    const requirements = await inspectMachine();
    expect(requirements.filter(({ state }) => state === "missing")).toEqual([]);
    expect(requirements.map(({ name }) => name)).toContain("Privileged containers");
  });

  test("the mirror of base images can be read and not be written", async ({ skip }) => {
    if (!machine.mirror) {
      skip("Docker Hub answers, so there is no mirror");
      return;
    }
    for (const url of [machine.mirror.onHost, machine.mirror.inContainers]) {
      const tags = await fetch(`${url}/v2/library/docker/tags/list`);
      expect(await tags.json()).toMatchObject({ tags: expect.arrayContaining(["dind", "stable"]) });
      const upload = await fetch(`${url}/v2/library/docker/blobs/uploads/`, { method: "POST" });
      expect(upload.status).toBe(405);
    }
  });

  test("a job's first commands work in the docker image", async ({ skip }) => {
    if (!machine.mirror) {
      skip("Docker Hub's own image is used");
      return;
    }
    const said = execFileSync(
      machine.dockerClient,
      [
        "run",
        "--rm",
        "--network=none",
        "docker:stable",
        "sh",
        "-c",
        "docker --version && git --version && echo $DOCKER_HOST",
      ],
      { encoding: "utf8", env: { ...process.env, DOCKER_HOST: `unix://${machine.dockerSocket}` } },
    );
    expect(said).toMatch(/^Docker version .*\ngit version .*\ntcp:\/\/docker:2375\n$/);
  });

  test("the engine image's programs all start", () => {
    const programs = ["dockerd", "containerd", "runc", "iptables", "node", "git", "bash"];
    const args = ["run", "--rm", "--network=none", "--entrypoint=sh", machine.engineImage, "-ec"];
    const command = `${programs.map((name) => `${name} --version >/dev/null`).join(" && ")} && echo all`;
    const said = execFileSync(machine.dockerClient, [...args, command], {
      encoding: "utf8",
      env: { ...process.env, DOCKER_HOST: `unix://${machine.dockerSocket}` },
    });
    expect(said).toBe("all\n");
  });

  test("the engine at the socket is the one that answers the API", async () => {
    const { status } = await askEngine({ socketPath: machine.dockerSocket }, "GET", "/version");
    expect(status).toBe(200);
  });
});

test("an engine on another machine is refused with words on what to do", async () => {
  const before = process.env.DOCKER_HOST;
  process.env.DOCKER_HOST = "tcp://192.0.2.1:2375";
  try {
    await expect(findMachine()).rejects.toMatchObject({
      name: "SetupProblem",
      howToGet: expect.stringContaining("Unset DOCKER_HOST"),
    });
  } finally {
    if (before === undefined) {
      delete process.env.DOCKER_HOST;
    } else {
      process.env.DOCKER_HOST = before;
    }
  }
});
