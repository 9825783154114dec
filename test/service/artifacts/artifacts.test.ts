import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { controlPipeline } from "#service/advance/control.ts";
import { openArtifact, openArtifactForJob } from "#service/artifacts/download-artifacts.ts";
import { removeExpiredArtifacts } from "#service/artifacts/remove-expired-artifacts.ts";
import { mayUpload, uploadArtifact } from "#service/artifacts/upload-artifacts.ts";
import { finish, jobOf, push, takeNext } from "../driver.ts";
import { makeWorld, type World } from "../world.ts";

let world: World;
let clock: number;
beforeEach(async () => {
  clock = Date.now();
  world = await makeWorld({ now: () => clock });
});
afterEach(() => world.close());

const twoStages = `
stages: [build, test]
build: {stage: build, script: [make], artifacts: {paths: [out]}}
test: {stage: test, script: [make test]}
`;

type Sender = { readonly id: number; readonly token: string };

async function upload(
  job: Sender,
  content: string | Uint8Array = "zip",
  more: { type?: string; expireIn?: string; token?: string } = {},
) {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const { type = "archive", token = job.token, expireIn } = more;
  const answer = await uploadArtifact(
    world.deps,
    {
      jobId: job.id,
      token,
      type,
      format: type === "archive" ? "zip" : "gzip",
      ...(expireIn === undefined ? {} : { expireIn }),
    },
    { name: "artifacts.zip", stream: one(bytes) },
  );
  await world.settle();
  return answer;
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function textOf(answer: Awaited<ReturnType<typeof openArtifact>>): Promise<string> {
  if (answer.answer !== "found" || !("stream" in answer.file)) return answer.answer;
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer.file.stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const dotenv = (text: string) => gzipSync(Buffer.from(text));
const days = (count: number) => count * 24 * 3600 * 1000;

describe("artifacts", () => {
  test("of a job are told to the next stage's, which reads them by its own token", async () => {
    const id = await push(world, twoStages);
    const build = await takeNext(world, id);
    expect(await upload(build, "content")).toEqual({ answer: "accepted" });
    await finish(world, build);
    const job = await takeNext(world, id);
    expect(job.dependencies).toEqual([
      {
        id: build.id,
        name: "build",
        token: job.token,
        artifacts_file: { filename: "artifacts.zip", size: 7 },
      },
    ]);
    expect(await textOf(await openArtifactForJob(world.deps, build.id, job.token))).toBe("content");
    await finish(world, job);
    expect(await textOf(await openArtifactForJob(world.deps, build.id, job.token))).toBe(
      "forbidden",
    );
  });

  test.for<[string, string, string[]]>([
    ["of all earlier stages", "", ["a", "b"]],
    ["of its needs", "needs: [b]", ["b"]],
    ["of its needs with artifacts", "needs: [a, {job: b, artifacts: false}]", ["a"]],
    ["of its dependencies", "dependencies: [a]", ["a"]],
    ["of those dependencies that it needs", "needs: [a, b], dependencies: [b]", ["b"]],
    ["of nobody with empty dependencies", "dependencies: []", []],
  ])("%s are taken", async ([, keywords, expected]) => {
    const comma = keywords === "" ? "" : ", ";
    const id = await push(
      world,
      `
stages: [one, two]
a: {stage: one, script: [x], artifacts: {paths: [x]}}
b: {stage: one, script: [x], artifacts: {paths: [x]}}
c: {stage: two, script: [x]${comma}${keywords}}
`,
    );
    const taken = [await takeNext(world, id), await takeNext(world, id)];
    for (const job of taken) {
      await upload(job);
      await upload(job, dotenv(`FROM_${job.job_info.name}=1`), { type: "dotenv" });
      await finish(world, job);
    }
    const job = await takeNext(world, id);
    expect(job.dependencies.map(({ name }) => name)).toEqual(expected);
    const known = job.variables.map(({ key }) => key).filter((key) => key.startsWith("FROM_"));
    expect(known.sort()).toEqual(expected.map((name) => `FROM_${name}`));
  });

  test("of a retried job are those of its last attempt", async () => {
    const id = await push(world, twoStages);
    const first = await takeNext(world, id);
    await upload(first, "first");
    await finish(world, first, "failed");
    await controlPipeline(world.deps, id, { type: "retry", by: "ada" });
    await world.settle();
    const second = await takeNext(world, id);
    await upload(second, "second");
    await finish(world, second);
    const job = await takeNext(world, id);
    expect(job.dependencies.map(({ id }) => id)).toEqual([second.id]);
  });

  test("sent twice are there once, the last ones", async () => {
    const id = await push(world, twoStages);
    const job = await takeNext(world, id);
    await upload(job, "one");
    await upload(job, "three");
    expect((await jobOf(world, id, "build")).artifacts).toMatchObject([{ sizeBytes: 5 }]);
    expect(await textOf(await openArtifact(world.deps, job.id, "archive"))).toBe("three");
  });

  test("are refused to another job's token, to a finished job and beyond the limit", async () => {
    const id = await push(world, twoStages);
    const job = await takeNext(world, id);
    expect((await upload(job, "x", { token: "made-up" })).answer).toBe("forbidden");
    expect((await upload({ ...job, id: job.id + 50 })).answer).toBe("unknown");
    expect(await upload(job, new Uint8Array(10_000_001))).toEqual({
      answer: "too_large",
      limitBytes: 10_000_000,
    });
    const request = { jobId: job.id, token: job.token, type: "archive", format: "zip" } as const;
    expect((await mayUpload(world.deps, request, 10_000_001)).answer).toBe("too_large");
    expect((await mayUpload(world.deps, request, 10_000_000)).answer).toBe("accepted");
    await finish(world, job);
    expect((await upload(job)).answer).toBe("forbidden");
    expect((await jobOf(world, id, "build")).artifacts).toBeUndefined();
  });

  test("of another project are not read, of an earlier pipeline they are", async () => {
    const id = await push(world, twoStages);
    const earlier = await takeNext(world, id);
    await upload(earlier, "earlier");
    await finish(world, earlier);
    const later = await push(world, twoStages, { sha: "b".repeat(40) });
    const job = await takeNext(world, later);
    expect(await textOf(await openArtifactForJob(world.deps, earlier.id, job.token))).toBe(
      "earlier",
    );
    const grant = { kind: "job", jobId: 99, pipelineId: 99, canPush: true } as const;
    const expiresAt = new Date(clock + days(1)).toISOString();
    const put = (token: string, project: string, canPush: boolean) =>
      world.deps.store.tokens.put(world.deps.hash(token), {
        ...grant,
        project,
        canPush,
        expiresAt,
      });
    await put("other", "group/other", true);
    await put("fork", "group/app", false);
    for (const token of ["other", "fork", "made-up"]) {
      expect((await openArtifactForJob(world.deps, earlier.id, token)).answer).toBe("forbidden");
    }
  });

  test("are read at the store's own address where it gives one", async () => {
    const id = await push(world, twoStages);
    const job = await takeNext(world, id);
    await upload(job);
    const blobs = {
      ...world.deps.blobs,
      presignRead: async (key: string) => `https://store.test/${key}`,
    };
    expect(await openArtifact({ ...world.deps, blobs }, job.id, "archive")).toMatchObject({
      file: { location: `https://store.test/jobs/${job.id}/artifacts/archive` },
    });
  });
});

describe("a dotenv report", () => {
  test("that is wrong is refused and leaves nothing", async () => {
    const id = await push(world, twoStages);
    const job = await takeNext(world, id);
    for (const content of [
      dotenv("no assignment"),
      Buffer.from("not gzip"),
      dotenv("x".repeat(1e6)),
    ]) {
      expect((await upload(job, content, { type: "dotenv" })).answer).toBe("invalid");
    }
    expect((await openArtifact(world.deps, job.id, "dotenv")).answer).toBe("absent");
    expect((await jobOf(world, id, "build")).dotenv).toBeUndefined();
  });

  test("of several members is read as one, and wins over the job's own variables", async () => {
    const id = await push(
      world,
      `${twoStages.replace("script: [make test]", "script: [x], variables: {A: own, B: own}")}`,
    );
    const build = await takeNext(world, id);
    await upload(build, Buffer.concat([dotenv("A=1\n"), dotenv("C=3\n")]), { type: "dotenv" });
    await finish(world, build);
    const job = await takeNext(world, id);
    const variables = Object.fromEntries(job.variables.map(({ key, value }) => [key, value]));
    expect(variables).toMatchObject({ A: "1", B: "own", C: "3" });
  });
});

describe("the time of artifacts", () => {
  /** Of a commit of its own. */
  async function finishedJob(name: string, expireIn?: string, state?: "failed"): Promise<number> {
    const id = await push(world, "job: {script: [x], artifacts: {paths: [x]}}", {
      sha: world.deps.hash(name).slice(0, 40),
    });
    const job = await takeNext(world, id);
    await upload(job, "content", expireIn === undefined ? {} : { expireIn });
    await finish(world, job, state);
    return job.id;
  }
  const isThere = async (jobId: number) =>
    (await textOf(await openArtifact(world.deps, jobId, "archive"))) === "content" &&
    (await world.deps.blobs.get(`jobs/${jobId}/artifacts/archive`)) !== undefined;
  const pass = async (milliseconds: number) => {
    clock += milliseconds;
    await removeExpiredArtifacts(world.deps);
    await world.settle();
  };

  test("is 30 days, or as `expire_in` says, or without end", async () => {
    const byDefault = await finishedJob("1");
    const short = await finishedJob("2", "2 hours");
    const never = await finishedJob("3", "never");
    const alsoNever = await finishedJob("4", "0");
    await finishedJob("latest");
    await pass(3_600_000);
    expect(await isThere(short)).toBe(true);
    await pass(3_600_001);
    expect([await isThere(short), await isThere(byDefault)]).toEqual([false, true]);
    await pass(days(30));
    const left = await Promise.all([byDefault, never, alsoNever].map(isThere));
    expect(left).toEqual([false, true, true]);
  });

  test("does not end for a ref's latest successful pipeline, until there is a newer one", async () => {
    const kept = await finishedJob("1", "1 hour");
    const failed = await finishedJob("2", "1 hour", "failed");
    await pass(3_600_001);
    expect([await isThere(kept), await isThere(failed)]).toEqual([true, false]);
    await finishedJob("3", "1 hour");
    await pass(3_600_001);
    expect(await isThere(kept)).toBe(false);
  });

  test("does not end while the pipeline runs; a job that comes too late fails and says why", async () => {
    const id = await push(
      world,
      twoStages.replace("script: [make test]", "script: [x], when: manual"),
    );
    const build = await takeNext(world, id);
    await upload(build, "content", { expireIn: "1 hour" });
    await finish(world, build);
    await pass(3_600_001);
    expect(await isThere(build.id)).toBe(true);
    const manual = await jobOf(world, id, "test");
    await finishedJob("newer");
    await pass(3_600_001);
    expect(await isThere(build.id)).toBe(false);
    await controlPipeline(world.deps, id, { type: "play", jobIds: [manual.id], by: "ada" });
    await world.settle();
    await expect(takeNext(world, id)).rejects.toThrow("was given a job");
    expect(await jobOf(world, id, "test")).toMatchObject({
      status: "failed",
      failureReason: "missing_dependency_failure",
    });
    const log = await world.deps.blobs.get(`jobs/${manual.id}/log`);
    expect(new TextDecoder().decode(log)).toContain("The artifacts of the job build have expired");
  });
});
