import { randomBytes } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ZipFile } from "yazl";
import type { JobResponse } from "#runner/protocol.ts";
import { uploadArtifact } from "#service/artifacts/upload-artifacts.ts";
import { finish, jobOf, pipelineOf, push, statusesOf, takeNext } from "../driver.ts";
import { makeWorld, type World } from "../world.ts";

let world: World;
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.close());

const configuration = `stages: [generate, run]
generate:
  stage: generate
  script: [./generate > ci/made.yml]
  artifacts: { paths: [ci] }
start:
  stage: run
  variables: { WHERE: ci }
  trigger:
    include: [{ artifact: $WHERE/made.yml, job: generate }]
    strategy: depend
`;

async function zipOf(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [path, content] of Object.entries(files)) zip.addBuffer(Buffer.from(content), path);
  zip.end();
  return buffer(zip.outputStream as NodeJS.ReadableStream);
}

async function upload(job: JobResponse, archive: Uint8Array): Promise<void> {
  const request = { jobId: job.id, token: job.token, type: "archive", format: "zip" } as const;
  const stream = (async function* () {
    yield archive;
  })();
  const { answer } = await uploadArtifact(world.deps, request, { name: "a.zip", stream });
  expect(answer).toBe("accepted");
}

/** Runs the generating job, with this archive left behind. */
async function generated(archive: Uint8Array | undefined): Promise<number> {
  const id = await push(world, configuration);
  const job = await takeNext(world, id);
  if (archive !== undefined) await upload(job, archive);
  await finish(world, job);
  return id;
}

test("a child's configuration can be what a job of the parent made, with includes of the repository", async () => {
  world.files.set("ci/base.yml", ".base: { script: [make] }\n");
  const made = "include: ci/base.yml\nleaf: { extends: .base }\nother: { extends: .base }\n";
  const id = await generated(await zipOf({ "ci/made.yml": made, "ci/else.yml": "no" }));
  const { childPipelineId = 0 } = await jobOf(world, id, "start");
  expect(await statusesOf(world, childPipelineId)).toEqual({ leaf: "pending", other: "pending" });
});

const useless: readonly (readonly [string, () => Promise<Buffer | undefined>])[] = [
  ["was left by nobody", async () => undefined],
  ["is not in the archive", () => zipOf({ "made.yml": "leaf: { script: [x] }" })],
  [
    "is in an archive of more than 5 MB",
    () =>
      zipOf({
        "ci/made.yml": "leaf: { script: [x] }",
        large: randomBytes(6_000_000).toString("latin1"),
      }),
  ],
  ["is larger than a configuration may be", () => zipOf({ "ci/made.yml": "# \n".repeat(500_000) })],
  ["is in no archive at all", async () => Buffer.from("not a zip file")],
];

test.for(useless)("a file that %s fails the trigger job with words", async ([, archive]) => {
  const id = await generated(await archive());
  const start = await jobOf(world, id, "start");
  expect(start).toMatchObject({
    status: "failed",
    failureReason: "downstream_pipeline_creation_failed",
    failureMessage: expect.stringContaining("has left no `ci/made.yml`"),
  });
  expect((await pipelineOf(world, id)).status).toBe("failed");
});

test("a made file that is wrong is named with its place", async () => {
  const id = await generated(
    await zipOf({ "ci/made.yml": "leaf:\n  script: [x]\n  colour: red\n" }),
  );
  const { failureMessage } = await jobOf(world, id, "start");
  expect(failureMessage).toContain("ci/made.yml of generate:3:3:");
});

test("a configuration that is no child's cannot be made by a job", async () => {
  const id = await push(world, "include: [{ artifact: made.yml, job: a }]\na: { script: [x] }\n");
  expect(await pipelineOf(world, id)).toMatchObject({
    status: "failed",
    diagnostics: [{ message: expect.stringContaining("by `trigger` only"), line: 1 }],
  });
});
