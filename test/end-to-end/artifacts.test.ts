import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JobView } from "#service/view/job-view.ts";
import type { PipelineView } from "#service/view/pipeline-view.ts";
import {
  jobsOf,
  leftInTheEnd,
  logOf,
  makeRepository,
  pipelineOf,
  run,
  type Slipway,
  startSlipway,
} from "./harness.ts";

let slipway: Slipway;
beforeAll(async () => {
  slipway = await startSlipway(
    [
      "defaults:",
      "  executor: docker-socket",
      "  max_artifacts_size: 1",
      "projects:",
      "  left/inner-engine: {executor: docker-in-docker}",
      "  left/shell: {executor: shell}",
      "",
    ].join("\n"),
  );
}, 60_000);
afterAll(async () => {
  expect(await leftInTheEnd(slipway)).toEqual([]);
  await slipway.stop();
}, 60_000);

/** Pushes a configuration and gives its finished pipeline, with the logs of its jobs by name. */
async function pipelineFor(
  project: string,
  config: string,
  files: Readonly<Record<string, string>> = {},
): Promise<{
  pipeline: PipelineView;
  jobs: Record<string, JobView>;
  logs: Record<string, string>;
}> {
  const repository = await makeRepository(slipway, project);
  repository.write({ ".gitlab-ci.yml": config, ...files });
  const { sha } = await repository.push();
  return finished(project, sha);
}

async function finished(project: string, sha: string) {
  const pipeline = await pipelineOf(slipway, project, sha);
  const jobs = jobsOf(pipeline);
  const logs: Record<string, string> = {};
  for (const job of Object.values(jobs)) logs[job.name] = await logOf(slipway, job.id);
  return { pipeline, jobs, logs };
}

const acrossStages = `
default: {image: busybox}
make:
  stage: build
  script:
    - mkdir -p out/deep && echo made > out/deep/file.txt && echo log > out/build.log
    - printf '#!/bin/sh\\necho ran\\n' > out/run && chmod 755 out/run && ln -s deep/file.txt out/link
    - echo untracked > loose.txt
    - echo "VERSION=1.2.3" > build.env
  artifacts:
    name: $CI_JOB_NAME-files
    paths: [out/]
    exclude: ["out/**/*.log"]
    reports: {dotenv: build.env}
use:
  stage: test
  script:
    - cat out/deep/file.txt && ./out/run && readlink out/link
    - test ! -e out/build.log && test ! -e loose.txt
    - echo "version is $VERSION"
none:
  stage: test
  dependencies: []
  script: [test ! -e out, 'echo "version is <$VERSION>"']
`;

describe("artifacts", () => {
  test.each([
    ["docker-socket", "left/socket"],
    ["docker-in-docker", "left/inner-engine"],
    ["shell", "left/shell"],
  ])("go from stage to stage, with modes, links and variables (%s)", async (_name, project) => {
    const { pipeline, jobs, logs } = await pipelineFor(project, acrossStages);
    expect(pipeline.status, JSON.stringify(logs)).toBe("success");
    expect(logs.use).toContain("made\n");
    expect(logs.use).toContain("ran\n");
    expect(logs.use).toContain("deep/file.txt\n");
    expect(logs.use).toContain("version is 1.2.3");
    expect(logs.none).toContain("version is <>");
    expect(jobs.make?.artifacts).toMatchObject([
      { type: "archive", filename: "make-files.zip" },
      { type: "dotenv", filename: ".env.gz" },
    ]);
  });

  test("go along `needs` alone, and a report's variable names a later job's image", async () => {
    const { pipeline, logs } = await pipelineFor(
      "left/needs",
      `
stages: [build, test]
default: {image: docker:stable}
wanted:
  stage: build
  script: [echo 1 > wanted.txt, 'echo "IMAGE=busybox" > image.env']
  artifacts: {paths: [wanted.txt], reports: {dotenv: image.env}}
unwanted:
  stage: build
  script: [echo 1 > unwanted.txt]
  artifacts: {paths: [unwanted.txt]}
silent:
  stage: build
  script: [echo 1 > silent.txt]
  artifacts: {paths: [silent.txt]}
test:
  stage: test
  image: $IMAGE
  needs: [wanted, {job: silent, artifacts: false}]
  script: [test -e wanted.txt, test ! -e unwanted.txt, test ! -e silent.txt, test ! -e /usr/local/bin/docker]
`,
    );
    expect(pipeline.status, JSON.stringify(logs)).toBe("success");
    expect(logs.test).toContain("with image busybox");
  });

  test("of a failed job are there when it says so, untracked files among them", async () => {
    const { jobs, logs } = await pipelineFor(
      "left/failed",
      `
default: {image: busybox}
broken:
  stage: build
  script: [echo why > core.txt, echo x > tracked.txt, exit 3]
  artifacts: {untracked: true, when: on_failure}
quiet:
  stage: build
  script: [echo why > core.txt, exit 3]
  artifacts: {paths: [core.txt]}
rescue:
  stage: test
  when: on_failure
  dependencies: [broken]
  script: [cat core.txt, cat tracked.txt]
`,
      { "tracked.txt": "as pushed\n" },
    );
    expect(jobs.broken).toMatchObject({ status: "failed", exit_code: 3 });
    expect(jobs.quiet?.artifacts).toBeUndefined();
    expect(logs.rescue).toContain("why\n");
    expect(logs.rescue).toContain("as pushed\n");
    expect(jobs.rescue?.status).toBe("success");
  });

  test.each([
    [
      "that are too large",
      "dd if=/dev/urandom of=big bs=1024 count=1500",
      "paths: [big]",
      /413 Too large/,
    ],
    [
      "with a wrong dotenv report",
      "echo 'no assignment' > big",
      "reports: {dotenv: big}",
      /is not KEY=value/,
    ],
  ])("%s fail their job and say why", async (_what, script, artifacts, why) => {
    const { jobs, logs } = await pipelineFor(
      `left/refused-${script.split(" ")[0]}`,
      `job:\n  image: busybox\n  script: ["${script}"]\n  artifacts: {${artifacts}}\n`,
    );
    expect(jobs.job).toMatchObject({ status: "failed", failure_reason: "script_failure" });
    expect(logs.job).toMatch(why);
  });

  test("that are not there, or outside the project, are warned of and no more", async () => {
    const { jobs, logs } = await pipelineFor(
      "left/missing",
      "job:\n  image: busybox\n  script: ['true']\n  artifacts: {paths: [nothing/, /etc/passwd, ../up]}\n",
    );
    expect(jobs.job?.status).toBe("success");
    expect(logs.job).toContain("nothing/: no matching files");
    expect(logs.job).toContain("/etc/passwd: is not inside the project directory");
    expect(logs.job).toContain("../up: is not inside the project directory");
    expect(jobs.job?.artifacts).toBeUndefined();
  });

  test("are downloaded by `slipway artifacts` and from the job's page", async () => {
    const { jobs } = await pipelineFor(
      "left/download",
      "job:\n  image: busybox\n  script: [echo content > file.txt]\n  artifacts: {paths: ['*.txt'], expire_in: 1 week}\n",
    );
    const job = jobs.job;
    const output = join(slipway.data, "downloaded.zip");
    const cli = join(import.meta.dirname, "../../cli/slipway.js");
    const id = String(job?.id);
    await run(process.execPath, [cli, "artifacts", id, "-o", output, "--data", slipway.data]);
    const { stdout } = await run("unzip", ["-p", output, "file.txt"]).catch(() =>
      run("python3", [
        "-c",
        "import sys,zipfile; print(zipfile.ZipFile(sys.argv[1]).read('file.txt').decode(), end='')",
        output,
      ]),
    );
    expect(stdout).toBe("content\n");
    const page = `http://127.0.0.1:${slipway.port}${new URL(job?.url ?? "").pathname}`;
    // A browser sends the access token as the password of HTTP Basic.
    const headers = { authorization: `Basic ${btoa(`me:${slipway.token()}`)}` };
    expect(await (await fetch(page, { headers })).text()).toContain("/artifacts/download");
    expect((await fetch(`${page}/artifacts/download`)).status).toBe(401);
    const download = await fetch(`${page}/artifacts/download`, { headers });
    expect(download.headers.get("content-disposition")).toContain("artifacts.zip");
    expect(Buffer.from(await download.arrayBuffer())).toEqual(readFileSync(output));
    const inAWeek = Date.now() + 7 * 24 * 3600 * 1000;
    const expiry = Date.parse(job?.artifacts?.[0]?.expire_at ?? "");
    expect(Math.abs(expiry - inAWeek)).toBeLessThan(300_000);
  });
});

describe("a cache", () => {
  test("is missed, then hit, never written by `pull`, and found under a fallback key", async () => {
    const project = "left/cache";
    const repository = await makeRepository(slipway, project);
    const cached = (key: string, more = "") => `
job:
  image: busybox
  script:
    - if test -e deps/marker; then echo "hit $(cat deps/marker)"; else echo missed; fi
    - mkdir -p deps && echo "of $CI_COMMIT_MESSAGE" > deps/marker
  cache: {key: ${key}, paths: [deps/]${more}}
`;
    const push = async (message: string, config: string, files = {}) => {
      repository.write({ ".gitlab-ci.yml": config, ...files });
      const { sha } = await repository.push({ message });
      return (await finished(project, sha)).logs.job ?? "";
    };
    const lock = { "my.lock": "one\n" };
    const byFile = cached("{files: [my.lock]}");
    expect(await push("first", byFile, lock)).toContain("missed\n");
    expect(await push("second", byFile)).toContain("hit of first\n");
    expect(await push("third", byFile, { "my.lock": "two\n" })).toContain("missed\n");
    expect(await push("fourth", cached("$CI_COMMIT_BRANCH"))).toContain("missed\n");
    expect(await push("fifth", cached("$CI_COMMIT_BRANCH", ", policy: pull"))).toContain(
      "hit of fourth\n",
    );
    expect(await push("sixth", cached("other", ", fallback_keys: [none, main]"))).toContain(
      "hit of fourth\n",
    );
    expect(await push("seventh", cached("other", ", policy: push"))).toContain("missed\n");
  });
});
