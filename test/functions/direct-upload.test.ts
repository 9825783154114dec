import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { getRequestListener } from "@hono/node-server";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { s3Blobs } from "#blobs/s3.ts";
import { createApp } from "#functions/http/app.ts";
import type { JobResponse } from "#runner/protocol.ts";
import { runRunner } from "#runner/runner.ts";
import { bucketName, type S3Double, startS3Double } from "../aws/s3-double/server.ts";
import { jobOf, push, statusesOf, takeNext } from "../service/driver.ts";
import { makeWorld, project, type World } from "../service/world.ts";

let s3: S3Double;
let world: World;
let server: Server;
let base: string;
/** "METHOD path" of what came to the service with a body, and its bytes. */
let bodies: { readonly request: string; readonly bytes: number }[];
beforeEach(async () => {
  s3 = await startS3Double();
  world = await makeWorld({ blobs: s3Blobs({ client: s3.client, bucket: bucketName }) });
  const app = createApp({ service: world.deps, mayReadPages: async () => true });
  const listener = getRequestListener(app.fetch);
  bodies = [];
  server = createServer((request, response) => {
    const bytes = Number(request.headers["content-length"] ?? 0);
    bodies.push({ request: `${request.method} ${request.url}`, bytes });
    void listener(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  await world.close();
  await s3.close();
});

const configuration = `
variables: {GIT_STRATEGY: none}
make:
  stage: build
  script: ["mkdir -p out deps", "head -c 7000000 /dev/urandom > out/large", "cp out/large deps/", "echo A=1 > build.env"]
  cache: {key: deps, paths: [deps]}
  artifacts: {paths: [out], reports: {dotenv: build.env}}
use:
  stage: test
  script: ["test $A = 1", "wc -c < out/large | grep -x 7000000", "cmp deps/large out/large"]
  cache: {key: deps, paths: [deps], policy: pull}
`;

/** Runs what is ready in the pipeline by real runners until nothing is. */
async function runPipeline(id: number): Promise<Record<string, string>> {
  for (let done = 0; done < world.started.length; done++) {
    await runRunnerOf(done);
    await world.settle();
  }
  return statusesOf(world, id);
}

async function runRunnerOf(index: number): Promise<void> {
  const spec = world.started[index];
  const directory = mkdtempSync("/tmp/sw-");
  try {
    await runRunner(
      {
        url: base,
        ticket: spec?.ticket ?? "",
        executor: "shell",
        capacity: 1,
        environmentId: spec?.id ?? "",
        directory,
        dockerHost: "unix:///nonexistent/docker.sock",
        privileged: false,
        extraHosts: [],
        dockerClient: undefined,
        defaultImage: "busybox:latest",
        helperImage: undefined,
        program: "",
        logLimitBytes: 64 * 1024 * 1024,
        processLimit: 512,
        graceMilliseconds: 1_000,
      },
      new AbortController().signal,
    );
  } finally {
    rmSync(join(directory), { recursive: true, force: true });
  }
}

async function logOf(id: number, name: string): Promise<string> {
  const { id: jobId } = await jobOf(world, id, name);
  return Buffer.from((await world.deps.blobs.get(`jobs/${jobId}/log`)) ?? []).toString();
}

describe("a pipeline whose files lie on S3", () => {
  test("passes artifacts, reports and caches on without their bytes passing through the service", async () => {
    const id = await push(world, configuration);
    expect(await runPipeline(id)).toEqual({ make: "success", use: "success" });
    expect(Math.max(...bodies.map(({ bytes }) => bytes))).toBeLessThan(100_000);
    expect(bodies.filter(({ request }) => request.includes("uploaded=true"))).toHaveLength(2);
    const make = await jobOf(world, id, "make");
    expect(make.artifacts?.map(({ type, filename }) => [type, filename])).toEqual([
      ["archive", "artifacts.zip"],
      ["dotenv", ".env.gz"],
    ]);
    expect(make.dotenv).toMatchObject([{ key: "A", value: "1" }]);
    expect(await world.deps.blobs.list("caches/")).toHaveLength(1);
    const page = await fetch(`${base}/${project}/-/jobs/${make.id}/artifacts/download`);
    expect(page.headers.get("content-disposition")).toMatch(/^attachment; filename="artifacts.zip/);
    expect((await page.arrayBuffer()).byteLength).toBeGreaterThan(7_000_000);
    const log = await logOf(id, "make");
    expect(log).not.toContain("X-Amz-Signature");
    expect(log).toContain('Uploading artifacts as "archive" to coordinator... 201 Created');
  });

  test("survives a file store that is busy, and answers of it that get lost", async () => {
    const isUpload = (request: string) => /^PUT (jobs\/\d+\/artifacts|caches)\//.test(request);
    const busy = new Set<string>();
    const lost = new Set<string>();
    const isFirst = (seen: Set<string>, request: string) =>
      isUpload(request) && !seen.has(request) && seen.add(request).has(request);
    s3.before = (request) => (isFirst(busy, request) ? { status: 503 } : undefined);
    s3.losesAnswer = (request) => s3.objects.has(request.slice(4)) && isFirst(lost, request);
    const id = await push(world, configuration);
    expect(await runPipeline(id)).toEqual({ make: "success", use: "success" });
    expect([busy.size, lost.size]).toEqual([3, 3]);
    expect(s3.requests.filter(isUpload)).toHaveLength(9);
  });

  test("fails a job whose artifacts are too large, before they are sent", async () => {
    const id = await push(
      world,
      `
variables: {GIT_STRATEGY: none}
make: {script: ["head -c 11000000 /dev/urandom > out"], artifacts: {paths: [out]}}
`,
    );
    expect(await runPipeline(id)).toEqual({ make: "failed" });
    expect(await logOf(id, "make")).toContain("413 Too large: at most 10000000 bytes");
    expect(s3.requests.filter((one) => /^PUT .*artifacts/.test(one))).toEqual([]);
  });

  test("fails a job that its file store refuses, and says so", async () => {
    s3.before = (request) =>
      /^PUT .*artifacts/.test(request) ? { status: 403, body: "X-Amz-Signature" } : undefined;
    const id = await push(
      world,
      `
variables: {GIT_STRATEGY: none}
make: {script: ["echo x > out"], artifacts: {paths: [out]}}
`,
    );
    expect(await runPipeline(id)).toEqual({ make: "failed" });
    expect(await logOf(id, "make")).toContain("the file store answered 403");
    expect(await logOf(id, "make")).not.toContain("X-Amz");
  });
});

describe("an address for an upload", () => {
  let job: JobResponse;
  let pipelineId: number;
  beforeEach(async () => {
    pipelineId = await push(world, "job: {script: [x], artifacts: {paths: [x]}}");
    job = await takeNext(world, pipelineId);
  });

  const call = (path: string) =>
    fetch(`${base}/api/v4/jobs/${job.id}/artifacts${path}`, {
      method: "POST",
      headers: { "job-token": job.token },
    });

  type Upload = { readonly url: string; readonly headers: Record<string, string> };

  async function authorize(query: string): Promise<Upload> {
    const answer = (await (await call(`/authorize?${query}`)).json()) as { upload: Upload };
    return answer.upload;
  }

  const put = async (upload: Upload, body: string, headers: Record<string, string> = {}) =>
    (await fetch(upload.url, { method: "PUT", headers: { ...upload.headers, ...headers }, body }))
      .status;

  test("takes exactly as many bytes as were announced, at its own place, for a while, once", async () => {
    const upload = await authorize("filesize=5");
    expect(await put(upload, "123456", { "content-length": "6" })).toBe(403);
    expect(await put(upload, "12345", { "if-none-match": "x" })).toBe(403);
    const elsewhere = upload.url.replace(`jobs/${job.id}/`, "jobs/7/");
    expect(await put({ ...upload, url: elsewhere }, "12345")).toBe(403);
    expect(s3.objects.has(`jobs/${job.id}/artifacts/archive`)).toBe(false);
    expect(await put(upload, "12345")).toBe(200);
    expect(await put(upload, "54321")).toBe(412);
    s3.now = () => Date.now() + 901_000;
    s3.objects.delete(`jobs/${job.id}/artifacts/archive`);
    expect(await put(upload, "12345")).toBe(403);
  });

  test("is confirmed, replaces what was there, and can be confirmed again", async () => {
    for (const content of ["first", "second one"]) {
      const upload = await authorize(`filesize=${content.length}`);
      expect((await jobOf(world, pipelineId, "job")).artifacts?.length ?? 0).toBeLessThan(2);
      expect(await put(upload, content)).toBe(200);
      expect((await call("?uploaded=true&filename=../a%20b.zip")).status).toBe(201);
      expect((await call("?uploaded=true&filename=../a%20b.zip")).status).toBe(201);
    }
    const { artifacts } = await jobOf(world, pipelineId, "job");
    expect(artifacts).toMatchObject([{ filename: ".._a b.zip", sizeBytes: 10 }]);
  });

  test("that nothing was written to is not confirmed", async () => {
    await authorize("filesize=5");
    expect((await call("?uploaded=true")).status).toBe(400);
    expect((await jobOf(world, pipelineId, "job")).artifacts).toBeUndefined();
  });

  test("at which there is more than may be is refused when it is confirmed, and deleted", async () => {
    const key = `jobs/${job.id}/artifacts/archive`;
    await world.deps.blobs.put(key, Buffer.alloc(10_000_001));
    expect((await call("?uploaded=true")).status).toBe(413);
    expect(s3.objects.has(key)).toBe(false);
    expect((await jobOf(world, pipelineId, "job")).artifacts).toBeUndefined();
  });

  test("of a dotenv report that is none is refused when it is confirmed, and deleted", async () => {
    const query = "artifact_type=dotenv&artifact_format=gzip";
    expect(await put(await authorize(`${query}&filesize=1`), "x")).toBe(200);
    expect((await call(`?${query}&uploaded=true`)).status).toBe(400);
    expect(s3.objects.has(`jobs/${job.id}/artifacts/dotenv`)).toBe(false);
  });

  test("a stock runner's form still goes in through the service", async () => {
    const body = new FormData();
    body.append("file", new Blob(["content"]), "artifacts.zip");
    const headers = { "job-token": job.token };
    const answer = await fetch(`${base}/api/v4/jobs/${job.id}/artifacts`, {
      method: "POST",
      headers,
      body,
    });
    expect(answer.status).toBe(201);
    const download = await fetch(`${base}/api/v4/jobs/${job.id}/artifacts`, { headers });
    expect(await download.text()).toBe("content");
  });

  test("of a cache is refused without the right, and for more than may be", async () => {
    const ask = async (query: string) =>
      (
        await fetch(`${base}/api/slipway/cache/authorize?${query}`, {
          method: "POST",
          headers: { "job-token": job.token },
        })
      ).status;
    expect(await ask("key=k-protected&filesize=10")).toBe(200);
    expect(await ask("key=k-protected&filesize=10000001")).toBe(413);
    expect(await ask("key=k-non_protected&filesize=10")).toBe(403);
    expect(await ask("key=k-protected")).toBe(400);
    expect(await ask("filesize=10")).toBe(400);
  });
});
