import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ServiceUnreachableError } from "#runner/retry.ts";
import { type RunnerClient, runnerClient } from "#runner/service-client/client.ts";
import { type FakeService, RUNNER_TOKEN, startFakeService } from "../support/fake-service.ts";
import { aJob } from "../support/jobs.ts";

const NOWHERE = { repoUrl: "http://host/x.git", sha: "a".repeat(40) };
const never = new AbortController().signal;

let service: FakeService;
let client: RunnerClient;

function clientOf(url: string, patienceMilliseconds = 20_000): RunnerClient {
  return runnerClient({
    url,
    executor: "shell",
    systemId: "s",
    version: "1",
    patienceMilliseconds,
  });
}

beforeEach(async () => {
  service = await startFakeService();
  client = clientOf(service.url);
});
afterEach(() => service.close());

describe("a ticket", () => {
  test("is exchanged for the environment's token", async () => {
    expect(await client.exchangeTicket("good-ticket")).toMatchObject({ token: RUNNER_TOKEN });
  });

  test("that is refused gives nothing", async () => {
    expect(await client.exchangeTicket("used-ticket")).toBeUndefined();
  });
});

describe("a request for a job", () => {
  test("gives the job", async () => {
    const job = aJob(NOWHERE);
    service.queue.push(job);
    expect(await client.requestJob(RUNNER_TOKEN, never)).toEqual({ kind: "job", job });
  });

  test.for([
    [204, "none"],
    [410, "leave"],
    [403, "leave"],
    [501, "none"],
  ] as const)("answered by %i means: %s", async ([status, kind]) => {
    service.failNext("POST /api/v4/jobs/request", (_request, response) => {
      response.writeHead(status).end();
    });
    expect(await client.requestJob(RUNNER_TOKEN, never)).toEqual({ kind });
  });

  test("is asked again through a connection that is cut, 500, 503 and 429", async () => {
    const job = aJob(NOWHERE);
    service.queue.push(job);
    const path = "POST /api/v4/jobs/request";
    service.failNext(path, (request) => request.socket.destroy());
    service.failNext(path, (_request, response) => response.writeHead(500).end("oops"));
    service.failNext(path, (_request, response) => response.writeHead(503).end());
    service.failNext(path, (_request, response) =>
      response.writeHead(429, { "retry-after": "0" }).end(),
    );
    expect(await client.requestJob(RUNNER_TOKEN, never)).toEqual({ kind: "job", job });
    expect(service.requests).toHaveLength(5);
  });

  test("ends when the runner is told to leave meanwhile", async () => {
    service.failNext("POST /api/v4/jobs/request", () => undefined);
    const leaving = new AbortController();
    const request = client.requestJob(RUNNER_TOKEN, leaving.signal);
    leaving.abort(new Error("leave now"));
    await expect(request).rejects.toThrow("leave now");
  });

  test("that is answered with something else is an error that says so", async () => {
    service.failNext("POST /api/v4/jobs/request", (_request, response) =>
      response.writeHead(201).end('{"id": "x"}'),
    );
    await expect(client.requestJob(RUNNER_TOKEN, never)).rejects.toThrow(
      /did not answer as GitLab/,
    );
  });
});

test("a service that comes back is found again", async () => {
  const { port } = await new Promise<AddressInfo>((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const address = probe.address() as AddressInfo;
      probe.close(() => resolve(address));
    });
  });
  const answer = clientOf(`http://127.0.0.1:${port}`).requestJob(RUNNER_TOKEN, never);
  await new Promise((resolve) => setTimeout(resolve, 200));
  const back = createServer((_request, response) => response.writeHead(204).end());
  await new Promise<void>((resolve) => back.listen(port, "127.0.0.1", resolve));
  expect(await answer).toEqual({ kind: "none" });
  back.closeAllConnections();
  back.close();
});

test("a service that stays away is given up with its address and the reason", async () => {
  const impatient = clientOf("http://127.0.0.1:1", 50);
  const given = impatient.requestJob(RUNNER_TOKEN, never);
  await expect(given).rejects.toThrow(ServiceUnreachableError);
  await expect(given).rejects.toThrow(/http:\/\/127\.0\.0\.1:1 cannot be reached/);
});

describe("a piece of log", () => {
  const job = { id: 7, token: "t" };

  test.for([
    ["running", undefined],
    ["canceled", "cancel"],
    ["canceling", "cancel"],
    ["failed", "abort"],
  ] as const)("accepted with the status %s asks to stop: %s", async ([status, stop]) => {
    service.jobs.set(7, { trace: Buffer.alloc(0), updates: [] });
    service.status = status;
    const answer = await client.patchTrace(job, 0, Buffer.from("abc"));
    expect(answer).toEqual({ kind: "accepted", ...(stop && { stop }) });
    expect(service.jobs.get(7)?.trace.toString()).toBe("abc");
  });

  test("at the wrong place is told where to go on", async () => {
    service.jobs.set(7, { trace: Buffer.from("abc"), updates: [] });
    expect(await client.patchTrace(job, 0, Buffer.from("abc"))).toEqual({
      kind: "range",
      stored: 3,
    });
  });

  test("of a job that is not known any more says so", async () => {
    expect(await client.patchTrace(job, 0, Buffer.from("abc"))).toEqual({ kind: "gone" });
  });

  test("gives the interval that the service wants", async () => {
    service.failNext("PATCH", (_request, response) =>
      response.writeHead(202, { "x-gitlab-trace-update-interval": "3" }).end(),
    );
    expect(await client.patchTrace(job, 0, Buffer.from("a"))).toEqual({
      kind: "accepted",
      intervalMilliseconds: 3_000,
    });
  });
});

test.for([
  [200, { kind: "done" }],
  [202, { kind: "wait", milliseconds: 500 }],
  [412, { kind: "trace-incomplete" }],
  [404, { kind: "gone" }],
  [403, { kind: "gone" }],
] as const)("an update answered by %i is %j", async ([status, expected]) => {
  service.failNext("PUT", (_request, response) => response.writeHead(status).end());
  expect(await client.updateJob(7, { token: "t", state: "success" })).toEqual(expected);
});
