import { gunzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { fromBufferPromise } from "yauzl";
import type { JobArtifacts, JobCache, JobResponse } from "#runner/protocol.ts";
import type { Settings } from "#runner/settings.ts";
import { type FakeService, startFakeService } from "../support/fake-service.ts";
import { type GitHost, startGitHost } from "../support/git-host.ts";
import { aJob, type JobParts, variable } from "../support/jobs.ts";
import { removeDirectory, runJobs, testSettings } from "../support/run.ts";

let git: GitHost;
let service: FakeService;
let settings: Settings;
beforeAll(async () => {
  git = await startGitHost({ "hello.txt": "hello from the sources\n" });
});
afterAll(() => git.close());
beforeEach(async () => {
  service = await startFakeService();
  settings = testSettings(service, { dockerHost: "unix:///nonexistent/docker.sock" });
});
afterEach(async () => {
  await service.close();
  removeDirectory(settings);
});

const archive = (parts: Partial<JobArtifacts> = {}): JobArtifacts => ({
  name: "artifacts",
  untracked: false,
  paths: ["out"],
  exclude: [],
  when: "on_success",
  artifact_type: "archive",
  artifact_format: "zip",
  ...parts,
});
const cache = (parts: Partial<JobCache> = {}): JobCache => ({
  key: "default-protected",
  untracked: false,
  policy: "pull-push",
  paths: ["deps"],
  when: "on_success",
  fallback_keys: [],
  ...parts,
});
const makeOut = "mkdir -p out && echo made > out/file";

async function run(
  parts: JobParts,
  before: (path: string) => void = () => undefined,
): Promise<{ job: JobResponse; log: string; verdict: unknown }> {
  const job = aJob(git, parts);
  before(`/api/v4/jobs/${job.id}/artifacts`);
  const [result] = await runJobs(service, settings, [job]);
  return { job, log: result?.log ?? "", verdict: result?.verdict };
}

const uploaded = (job: JobResponse, type = "archive") => service.files.get(`${job.id}/${type}`);

async function namesIn(zip: Buffer | undefined): Promise<string[]> {
  const opened = await fromBufferPromise(zip ?? Buffer.alloc(0));
  const names: string[] = [];
  for await (const entry of opened.eachEntry()) names.push(entry.fileName);
  return names.sort();
}

/** The archive of a job that ran before. */
async function dependency(): Promise<JobResponse["dependencies"][number]> {
  const { job } = await run({ script: [makeOut], artifacts: [archive()] });
  service.files.set(String(job.id), uploaded(job) ?? Buffer.alloc(0));
  const artifacts_file = { filename: "artifacts.zip", size: 1 };
  return { id: job.id, name: "before", token: "token-of-dependency", artifacts_file };
}

describe("artifacts of a job", () => {
  test("are uploaded with their name, type and time, variables of the job in their paths", async () => {
    const { job, log, verdict } = await run({
      variables: [variable("DIRECTORY", "out")],
      script: [makeOut, "echo A=1 > build.env"],
      artifacts: [
        archive({ name: "$CI_JOB_NAME/$DIRECTORY", paths: ["$DIRECTORY/"], expire_in: "1 week" }),
        archive({ artifact_type: "dotenv", artifact_format: "gzip", paths: ["build.env"] }),
      ],
    });
    expect(verdict).toMatchObject({ state: "success" });
    expect(await namesIn(uploaded(job))).toEqual(["out/", "out/file"]);
    expect(gunzipSync(uploaded(job, "dotenv") ?? "").toString()).toBe("A=1\n");
    const posts = service.requests.filter((request) => /POST .*\/artifacts\?/.test(request));
    expect(posts[0]).toContain("artifact_type=archive&artifact_format=zip&expire_in=1+week");
    expect(log).toContain("out/: found 2 matching artifact files and directories");
    expect(log).toContain('Uploading artifacts as "archive" to coordinator... 201 Created');
    expect(log).toContain("Uploading artifacts for successful job");
  });

  test.for<[string, string, JobArtifacts["when"], boolean]>([
    ["succeeded", "true", "on_success", true],
    ["succeeded", "true", "on_failure", false],
    ["succeeded", "true", "always", true],
    ["failed", "exit 2", "on_success", false],
    ["failed", "exit 2", "on_failure", true],
    ["failed", "exit 2", "always", true],
  ])("that %s (%s) are kept %s: %s", async ([, end, when, kept]) => {
    const { job } = await run({ script: [makeOut, end], artifacts: [archive({ when })] });
    expect(uploaded(job) !== undefined).toBe(kept);
  });

  test("that its after_script made are there, those of a job out of time are not", async () => {
    const artifacts = [archive({ when: "always" })];
    const late = await run({ script: ["exit 1"], afterScript: [makeOut], artifacts });
    expect(await namesIn(uploaded(late.job))).toEqual(["out/", "out/file"]);
    const endless = await run({ script: [makeOut, "sleep 60"], timeout: 2, artifacts });
    expect(endless.verdict).toMatchObject({ failure_reason: "job_execution_timeout" });
    expect(uploaded(endless.job)).toBeUndefined();
  });

  test("that do not exist leave the job as it is", async () => {
    const { job, log, verdict } = await run({ script: ["true"], artifacts: [archive()] });
    expect(verdict).toMatchObject({ state: "success" });
    expect(log).toContain("WARNING: out: no matching files.");
    expect(log).toContain("ERROR: No files to upload");
    expect(uploaded(job)).toBeUndefined();
  });

  test("survive a service that is away or breaks off in the middle", async () => {
    const { job, verdict } = await run({ script: [makeOut], artifacts: [archive()] }, (path) => {
      service.failNext(`POST ${path}/authorize`, (_request, response) => {
        response.writeHead(503).end();
      });
      service.failNext(`POST ${path}?`, (request) => request.socket.destroy(), 2);
    });
    expect(verdict).toMatchObject({ state: "success" });
    expect(await namesIn(uploaded(job))).toEqual(["out/", "out/file"]);
  });

  test.for<[string, { state: string; exit_code?: number }]>([
    ["true", { state: "failed", exit_code: 1 }],
    ["exit 7", { state: "failed", exit_code: 7 }],
  ])("that the service refuses fail their job and say why (%s)", async ([end, expected]) => {
    const artifacts = [archive({ when: "always" })];
    const { log, verdict } = await run({ script: [makeOut, end], artifacts }, (path) => {
      service.failNext(`POST ${path}`, (_request, response) => {
        response.writeHead(413).end(JSON.stringify({ message: "413 Too large: at most 5 bytes" }));
      });
    });
    expect(verdict).toMatchObject({ ...expected, failure_reason: "script_failure" });
    expect(log).toContain("413 Too large: at most 5 bytes");
  });
});

describe("artifacts of earlier jobs", () => {
  test("are there before the script, over the sources and caches", async () => {
    const before = await dependency();
    const { log } = await run({ script: ["cat out/file hello.txt"], dependencies: [before] });
    expect(log).toContain("made\nhello from the sources\n");
    expect(log).toContain("Downloading artifacts for before");
  });

  test("are read where the service sends the runner, without the job's token", async () => {
    const before = await dependency();
    let token: unknown = "none yet";
    const { log } = await run({ script: ["cat out/file"], dependencies: [before] }, () => {
      service.failNext(`GET /api/v4/jobs/${before.id}/artifacts`, (_request, response) => {
        response.writeHead(302, { location: "/elsewhere?signature=1" }).end();
      });
      service.failNext("GET /elsewhere", (request, response) => {
        token = request.headers["job-token"];
        response.end(service.files.get(String(before.id)));
      });
    });
    expect(log).toContain("made\n");
    expect(token).toBeUndefined();
  });

  test("that break off are asked for again", async () => {
    const before = await dependency();
    const { log } = await run({ script: ["cat out/file"], dependencies: [before] }, () => {
      service.failNext(`GET /api/v4/jobs/${before.id}/artifacts`, (request, response) => {
        response.writeHead(200, { "content-length": "1000" });
        response.write("half", () => request.socket.destroy());
      });
    });
    expect(log).toContain("made\n");
  });

  test.for<[string, Buffer | undefined, RegExp]>([
    ["are gone", undefined, /not there any more/],
    ["are damaged", Buffer.from("no archive"), /cannot be read/],
  ])("that %s fail the job before its script", async ([, content, why]) => {
    const before = await dependency();
    service.files.delete(String(before.id));
    if (content !== undefined) service.files.set(String(before.id), content);
    const { log, verdict } = await run({ script: ["echo script-ran"], dependencies: [before] });
    expect(verdict).toMatchObject({ state: "failed", failure_reason: "script_failure" });
    expect(log).toMatch(why);
    expect(log).not.toContain("script-ran\n");
  });
});

describe("a cache", () => {
  const script = ["ls deps || echo missed", "mkdir -p deps", "touch deps/$CI_JOB_NAME"];
  const name = (value: string) => [variable("CI_JOB_NAME", value)];

  test("is missed, saved, and hit by the next job", async () => {
    const caches = [cache({ key: "$CI_COMMIT_REF_SLUG-protected" })];
    const variables = [...name("first"), variable("CI_COMMIT_REF_SLUG", "main")];
    const first = await run({ script, cache: caches, variables });
    expect(first.log).toContain("missed\n");
    expect(await namesIn(service.files.get("main-protected"))).toEqual(["deps/", "deps/first"]);
    const second = await run({ script: ["ls deps"], cache: caches, variables });
    expect(second.log).toContain("Successfully extracted cache");
    expect(second.log).toContain("first\n");
  });

  test.for<[string, Partial<JobCache>, boolean]>([
    ["saved by the policy push", { policy: "push" }, true],
    ["not saved by the policy pull", { policy: "pull" }, false],
    ["not saved on_failure of a success", { when: "on_failure" }, false],
    ["saved always", { when: "always" }, true],
  ])("is %s", async ([, parts, saved]) => {
    await run({ script, cache: [cache(parts)], variables: name("job") });
    expect(service.files.has("default-protected")).toBe(saved);
  });

  test("is not asked for by the policy push", async () => {
    await run({ script, cache: [cache({ policy: "push" })], variables: name("job") });
    expect(service.requests.some((request) => request.startsWith("GET /api/slipway/cache"))).toBe(
      false,
    );
  });

  test("falls back on other keys in order, then on CACHE_FALLBACK_KEY", async () => {
    const asked = () =>
      service.requests
        .filter((request) => request.startsWith("GET /api/slipway/cache"))
        .map((request) => new URLSearchParams(request.split("?")[1]).get("key"));
    await run({
      script: ["true"],
      cache: [cache({ fallback_keys: ["$BRANCH-protected", "b-protected"], policy: "pull" })],
      variables: [variable("BRANCH", "a/x"), variable("CACHE_FALLBACK_KEY", "global")],
    });
    const keys = ["default-protected", "a/x-protected", "b-protected", "global-protected"];
    expect(asked()).toEqual(keys);
    service.requests.length = 0;
    const variables = [variable("CACHE_FALLBACK_KEY", "sneaky-protected")];
    const { log } = await run({ script: ["true"], cache: [cache({ policy: "pull" })], variables });
    expect(asked()).toEqual(["default-protected"]);
    expect(log).toContain("CACHE_FALLBACK_KEY may not end with -protected");
  });

  test("whose variables are all empty is the default one", async () => {
    await run({ script, cache: [cache({ key: "$NOTHING-protected" })], variables: name("job") });
    expect([...service.files.keys()]).toEqual(["default-protected"]);
  });

  test("that is damaged or refused is a warning and no more", async () => {
    service.files.set("default-protected", Buffer.from("no archive"));
    const { log, verdict } = await run({ script, cache: [cache()], variables: name("job") }, () => {
      service.failNext("PUT /api/slipway/cache", (_request, response) => {
        response.writeHead(413).end(JSON.stringify({ message: "413 Too large" }));
      });
    });
    expect(verdict).toMatchObject({ state: "success" });
    expect(log).toContain("WARNING: The cache could not be restored");
    expect(log).toContain("WARNING: The cache could not be saved: 413 Too large");
  });

  test("is several caches, each under its key, untracked files among them", async () => {
    const { log } = await run({
      script: ["mkdir a b", "touch a/1 b/2 loose"],
      cache: [
        cache({ key: "a-protected", paths: ["a"] }),
        cache({ key: "b-protected", paths: [], untracked: true }),
      ],
    });
    expect(await namesIn(service.files.get("a-protected"))).toEqual(["a/", "a/1"]);
    expect(await namesIn(service.files.get("b-protected"))).toEqual(["a/1", "b/2", "loose"]);
    expect(log.indexOf("Creating cache a-protected")).toBeGreaterThan(log.indexOf("step_script"));
  });
});

test("a job restores caches, then artifacts, and keeps caches, then artifacts", async () => {
  const before = await dependency();
  const parts = { cache: [cache()], artifacts: [archive()], dependencies: [before] };
  const { log } = await run({ ...parts, script: ["mkdir deps", makeOut], afterScript: ["true"] });
  const sections = [...log.matchAll(/section_start:\d+:(\w+)/g)].map((match) => match[1]);
  expect(sections).toEqual([
    "prepare_executor",
    "get_sources",
    "restore_cache",
    "download_artifacts",
    "step_script",
    "after_script",
    "archive_cache",
    "upload_artifacts_on_success",
  ]);
});
