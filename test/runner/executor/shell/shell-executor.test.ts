import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Settings } from "#runner/settings.ts";
import { type FakeService, startFakeService } from "../../support/fake-service.ts";
import { type GitHost, startGitHost } from "../../support/git-host.ts";
import { defineJobBehaviour } from "../../support/job-behaviour.ts";
import { aJob, variable } from "../../support/jobs.ts";
import { removeDirectory, runJobs, testSettings } from "../../support/run.ts";

const NO_ENGINE = "unix:///nonexistent/docker.sock";

let git: GitHost;
let service: FakeService;
let settings: Settings;

beforeAll(async () => {
  git = await startGitHost({ "hello.txt": "hello from the sources\n" });
});
afterAll(() => git.close());
beforeEach(async () => {
  service = await startFakeService();
  settings = testSettings(service, { dockerHost: NO_ENGINE });
});
afterEach(async () => {
  await service.close();
  removeDirectory(settings);
});

describe("a job of the executor shell", () => {
  defineJobBehaviour({ git: () => git, service: () => service, settings: () => settings });

  test("has a home of its own that ends with it, so that no login stays", async () => {
    const script = ['test "$HOME" != /root', 'echo login > "$HOME/.docker-login"', 'echo "$HOME"'];
    const [result] = await runJobs(service, settings, [aJob(git, { script })]);
    expect(result?.verdict).toMatchObject({ state: "success" });
    expect(readdirSync(join(settings.directory, "tmp"))).toEqual([]);
  });

  test("finds the docker client that its environment chose first on its PATH", async () => {
    const script = ["docker version-of-the-test"];
    const chosen = { ...settings, dockerClient: "/bin/echo" };
    const [result] = await runJobs(service, chosen, [aJob(git, { script })]);
    expect(result?.log).toContain("version-of-the-test\n");
  });

  test("is not sent to the host docker, which only containers know", async () => {
    const job = aJob(git, {
      services: [{ name: "docker:dind" }, { name: "redis:7" }],
      variables: [variable("DOCKER_HOST", "tcp://docker:2375")],
      script: ['echo "host=$DOCKER_HOST"'],
    });
    const [result] = await runJobs(service, settings, [job]);
    expect(result?.log).toContain("host=\n");
    expect(result?.log).toContain("The executor shell starts no services: redis:7");
  });

  test("carries the mark by which its environment's end finds it when the runner is gone", async () => {
    const job = aJob(git, { script: ['echo "mark=$SLIPWAY_JOB_PROCESSES"'] });
    const [result] = await runJobs(service, settings, [job]);
    expect(result?.log).toContain(`mark=${settings.environmentId}/${job.id}/`);
  });

  test("that leaves its session and clears its environment leaves nothing behind", async () => {
    const job = aJob(git, { script: ["setsid env -i sleep 7654322 & sleep 0.2", "echo done"] });
    const [result] = await runJobs(service, settings, [job]);
    expect(result?.log).toContain("done\n");
    const commands = readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map((id) => commandLine(id));
    expect(commands.filter((line) => line.includes("7654322"))).toEqual([]);
  });
});

function commandLine(id: string): string {
  try {
    return readFileSync(`/proc/${id}/cmdline`, "utf8");
  } catch {
    return "";
  }
}
