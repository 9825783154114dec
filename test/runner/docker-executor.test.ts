import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Settings } from "#runner/settings.ts";
import { DOCKER_HOST, remainsOf, testEngine } from "./support/engine.ts";
import { type FakeService, startFakeService } from "./support/fake-service.ts";
import { type GitHost, startGitHost } from "./support/git-host.ts";
import { aJob, variable } from "./support/jobs.ts";
import { removeDirectory, runJobs, testSettings } from "./support/run.ts";

const found = await testEngine();
if ("missing" in found) console.log(`docker executor: skipped, ${found.missing}`);

let git: GitHost;
let service: FakeService;
let settings: Settings;

describe.skipIf("missing" in found)("a job in a container", () => {
  const engine = "engine" in found ? found.engine : undefined;

  beforeAll(async () => {
    git = await startGitHost({
      "hello.txt": "hello from the sources\n",
      Dockerfile: "FROM busybox\nCOPY hello.txt /\n",
    });
  });
  afterAll(() => git.close());
  beforeEach(async () => {
    service = await startFakeService();
    settings = testSettings(service, { executor: "docker-socket", dockerHost: DOCKER_HOST });
  });
  afterEach(async () => {
    await service.close();
    if (engine) expect(await remainsOf(engine, settings.environmentId)).toEqual([]);
    removeDirectory(settings);
  });

  test("runs its script in its image, in the checkout at /builds", async () => {
    const job = aJob(git, { script: ["cat hello.txt", "pwd", "cat"] });
    const [result] = await runJobs(service, settings, [job]);
    expect(result?.log).toContain("$ cat hello.txt\u001b[0;m\nhello from the sources\n");
    expect(result?.log).toContain("/builds/group/project\n");
    expect(result?.verdict).toMatchObject({ state: "success" });
  });

  test("reports the exit code of the first command that fails", async () => {
    const job = aJob(git, { script: ["echo one", "exit 3", "echo never"] });
    const [result] = await runJobs(service, settings, [job]);
    expect(result?.verdict).toMatchObject({
      state: "failed",
      failure_reason: "script_failure",
      exit_code: 3,
    });
    expect(result?.log).toMatch(/ERROR: Job failed: exit code 3\S*\n$/);
    expect(result?.log).not.toContain("never");
  });

  test("builds an image through the socket", async () => {
    const job = aJob(git, {
      image: { name: "docker:stable" },
      script: [
        "docker info",
        "docker build -t slipway-test-runner .",
        "docker run slipway-test-runner cat /hello.txt",
        "docker rmi -f slipway-test-runner",
      ],
    });
    const [result] = await runJobs(service, settings, [job]);
    expect(result?.verdict).toMatchObject({ state: "success" });
  });

  test("finds the engine under the name of its docker:dind service, with TLS and without", async () => {
    const job = aJob(git, {
      image: { name: "docker:stable" },
      services: [{ name: "docker:dind" }],
      script: [
        "docker -H tcp://docker:2375 info >/tmp/x",
        "DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH=/certs/client docker -H tcp://docker:2376 version",
      ],
    });
    const [result] = await runJobs(service, settings, [job]);
    expect(result?.verdict).toMatchObject({ state: "success" });
  });
});
void variable;
