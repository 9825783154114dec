import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Settings } from "#runner/settings.ts";
import { type FakeService, startFakeService } from "./support/fake-service.ts";
import { type GitHost, startGitHost } from "./support/git-host.ts";
import { aJob, variable } from "./support/jobs.ts";
import { finished, removeDirectory, runJobs, testSettings } from "./support/run.ts";

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
  test("runs its commands in the checkout, each shown before its output", async () => {
    const job = aJob(git, { script: ["cat hello.txt", "pwd", 'echo "$CI_PROJECT_DIR"'] });
    const [result] = await runJobs(service, settings, [job]);
    const directory = join(settings.directory, "builds/0/group/project");
    expect(result?.verdict).toMatchObject({ state: "success" });
    expect(result?.log).toContain("$ cat hello.txt\u001b[0;m\nhello from the sources\n");
    expect(result?.log).toContain(`${directory}\n\u001b[32;1m$ echo`);
    expect(result?.log).toContain("Job succeeded");
  });
});
void [existsSync, readdirSync, variable, finished];
