import { createServer, request as httpRequest, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createApp } from "#functions/http/app.ts";
import type { JobResponse } from "#runner/protocol.ts";
import { finish, jobOf, push, takeNext } from "../service/driver.ts";
import { makeWorld, project, type World } from "../service/world.ts";

let world: World;
let server: Server;
let base: string;
let job: JobResponse;
let pipelineId: number;
beforeEach(async () => {
  world = await makeWorld();
  const app = createApp({ service: world.deps, mayReadPages: async () => true });
  server = createServer(getRequestListener(app.fetch));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  pipelineId = await push(world, "job: {script: [x], artifacts: {paths: [x]}}");
  job = await takeNext(world, pipelineId);
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  await world.close();
});

function form(content: Uint8Array<ArrayBuffer> | string, field = "file"): FormData {
  const data = new FormData();
  data.append("other", "before");
  data.append(field, new Blob([content]), "out/../arti facts.zip");
  return data;
}

const address = (query = "") => `${base}/api/v4/jobs/${job.id}/artifacts${query}`;

function upload(body: FormData, query = "", token = job.token): Promise<Response> {
  return fetch(address(query), { method: "POST", headers: { "job-token": token }, body });
}

const fetchBytes = async (response: Response) => Buffer.from(await response.arrayBuffer());

describe("an upload of artifacts", () => {
  test("goes in as a form and comes out by every way", async () => {
    const content = Buffer.alloc(3_000_000, "content");
    const answer = await upload(form(content), "?artifact_type=archive&artifact_format=zip");
    expect(answer.status).toBe(201);
    const asJob = await fetch(address("?direct_download=true"), {
      headers: { "job-token": job.token },
    });
    expect(asJob.headers.get("content-length")).toBe("3000000");
    expect(asJob.headers.get("content-type")).toBe("application/zip");
    expect((await fetchBytes(asJob)).equals(content)).toBe(true);
    const page = await fetch(`${base}/${project}/-/jobs/${job.id}/artifacts/download`);
    expect(page.headers.get("content-disposition")).toMatch(
      /^attachment; filename="arti facts\.zip"/,
    );
    expect((await fetchBytes(page)).equals(content)).toBe(true);
    expect((await fetch(`${base}/api/slipway/jobs/${job.id}/artifacts`)).status).toBe(401);
    await world.deps.store.tokens.put(world.deps.hash("owner"), { kind: "access", name: "owner" });
    const api = await fetch(`${base}/api/slipway/jobs/${job.id}/artifacts?file_type=archive`, {
      headers: { authorization: "Bearer owner" },
    });
    expect((await fetchBytes(api)).equals(content)).toBe(true);
    const jobPage = await fetch(`${base}/${project}/-/jobs/${job.id}`);
    expect(await jobPage.text()).toContain(`/-/jobs/${job.id}/artifacts/download`);
  });

  test.for<[string, () => Promise<Response>, number]>([
    ["without a token", () => upload(form("x"), "", ""), 403],
    [
      "for a job that there is not",
      () => fetch(`${base}/api/v4/jobs/5/artifacts`, { method: "POST" }),
      404,
    ],
    ["without a file", () => upload(form("x", "elsewhere")), 400],
    ["of an unknown format", () => upload(form("x"), "?artifact_format=rar"), 400],
    ["of a type that is a path", () => upload(form("x"), "?artifact_type=../../log"), 400],
    [
      "that is no form",
      () => fetch(address(), { method: "POST", headers: { "job-token": job.token }, body: "x" }),
      400,
    ],
    ["that is too large", () => upload(form(Buffer.alloc(10_100_000))), 413],
    [
      "with a wrong dotenv report",
      () => upload(form("x"), "?artifact_type=dotenv&artifact_format=gzip"),
      400,
    ],
    [
      "announced too large",
      () =>
        fetch(`${address("/authorize?filesize=10000001")}`, {
          method: "POST",
          headers: { "job-token": job.token },
        }),
      413,
    ],
    [
      "announced",
      () =>
        fetch(`${address("/authorize?filesize=10000000")}`, {
          method: "POST",
          headers: { "job-token": job.token },
        }),
      200,
    ],
  ])("%s is answered as such and leaves nothing", async ([, send, status]) => {
    expect((await send()).status).toBe(status);
    expect((await jobOf(world, pipelineId, "job")).artifacts).toBeUndefined();
    expect(await world.deps.blobs.list(`jobs/${job.id}/artifacts/`)).toEqual([]);
  });

  test("without a length, as GitLab Runner sends it, is stopped at the limit", async () => {
    const boundary = "b0undary";
    const status = await new Promise<number>((resolve, reject) => {
      const sending = httpRequest(address(), {
        method: "POST",
        headers: {
          "job-token": job.token,
          "content-type": `multipart/form-data; boundary=${boundary}`,
        },
      });
      sending.on("response", (response) => resolve(response.statusCode ?? 0));
      sending.on("error", reject);
      sending.write(
        `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="a.zip"\r\n\r\n`,
      );
      for (let sent = 0; sent < 12; sent++) sending.write(Buffer.alloc(1_000_000));
      sending.end(`\r\n--${boundary}--\r\n`);
    });
    expect(status).toBe(413);
    expect((await jobOf(world, pipelineId, "job")).artifacts).toBeUndefined();
  });

  test.for<[string, (write: (text: string) => void, end: () => void, cut: () => void) => void]>([
    [
      "ends in the middle",
      (write, end) => {
        write("half of it");
        end();
      },
    ],
    [
      "breaks off",
      (write, _end, cut) => {
        write("half of it");
        setTimeout(cut, 100);
      },
    ],
  ])("that %s leaves nothing", async ([, send]) => {
    const boundary = "b0undary";
    const closed = new Promise<void>((resolve) => {
      const sending = httpRequest(address(), {
        method: "POST",
        headers: {
          "job-token": job.token,
          "content-type": `multipart/form-data; boundary=${boundary}`,
        },
      });
      sending.on("response", (response) => {
        expect(response.statusCode).toBe(400);
        response.resume();
      });
      sending.on("error", () => undefined);
      sending.on("close", () => resolve());
      sending.write(
        `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="a.zip"\r\n\r\n`,
      );
      send(
        (text) => sending.write(text),
        () => sending.end(),
        () => sending.destroy(),
      );
    });
    await closed;
    expect(await world.deps.blobs.list(`jobs/${job.id}/artifacts/`)).toEqual([]);
    expect((await upload(form("whole"))).status).toBe(201);
    const { artifacts } = await jobOf(world, pipelineId, "job");
    expect(artifacts).toMatchObject([{ sizeBytes: "whole".length }]);
  });
});

test("an upload is answered also where another one of the same file has all the room", async () => {
  const held = httpRequest(address(), {
    method: "POST",
    headers: { "job-token": job.token, "content-type": "multipart/form-data; boundary=b" },
  });
  held.on("error", () => undefined);
  held.write('--b\r\ncontent-disposition: form-data; name="file"; filename="a.zip"\r\n\r\nhalf');
  await vi.waitFor(async () =>
    expect(await world.deps.store.reservations.get(`job/${job.id}`)).not.toEqual({}),
  );
  const answer = await upload(form("whole"));
  expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "10"]);
  const waits = upload(form("whole"));
  held.destroy();
  expect((await waits).status).toBe(201);
});

describe("a download of artifacts", () => {
  test.for<[string, () => string, Record<string, string>, number]>([
    ["that there are not", () => address(), { "job-token": "" }, 403],
    ["of a job that there is not", () => `${base}/api/v4/jobs/700/artifacts`, {}, 403],
  ])("%s", async ([, url, headers, status]) => {
    expect((await fetch(url(), { headers })).status).toBe(status);
  });

  test("before there are any is answered with 404", async () => {
    const headers = { "job-token": job.token };
    expect((await fetch(address(), { headers })).status).toBe(404);
    expect((await fetch(`${base}/api/v4/jobs/700/artifacts`, { headers })).status).toBe(404);
    expect((await fetch(`${base}/${project}/-/jobs/${job.id}/artifacts/download`)).status).toBe(
      404,
    );
  });
});

describe("the store of caches", () => {
  const cache = (key: string, init: RequestInit = {}) =>
    fetch(`${base}/api/slipway/cache?key=${encodeURIComponent(key)}`, {
      ...init,
      headers: { "job-token": job.token },
    });

  test("takes and gives archives by key", async () => {
    expect((await cache("a b/ä-protected")).status).toBe(404);
    const body = Buffer.alloc(2_000_000, "cached");
    expect((await cache("a b/ä-protected", { method: "PUT", body })).status).toBe(201);
    expect((await fetchBytes(await cache("a b/ä-protected"))).equals(body)).toBe(true);
  });

  test("refuses what is too large, has no key, or no right", async () => {
    const body = Buffer.alloc(10_000_001);
    expect((await cache("k-protected", { method: "PUT", body })).status).toBe(413);
    expect((await cache("", { method: "PUT", body: "x" })).status).toBe(400);
    expect((await cache("k-non_protected", { method: "PUT", body: "x" })).status).toBe(403);
    await finish(world, job);
    expect((await cache("k-protected")).status).toBe(403);
  });
});
