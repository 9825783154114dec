import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { runnerClient, type StopRequest } from "#runner/service-client/client.ts";
import { createTraceSender, type TraceSender } from "#runner/trace/trace-sender.ts";
import { openTraceSpool, type TraceSpool } from "#runner/trace/trace-spool.ts";
import { type FakeService, type ReceivedJob, startFakeService } from "../support/fake-service.ts";

let directory: string;
let service: FakeService;
let spool: TraceSpool;
let received: ReceivedJob;
let sender: TraceSender;
let stops: StopRequest[];
let lost: string[];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "slipway-sender-"));
  service = await startFakeService();
  spool = openTraceSpool(join(directory, "log"));
  received = { trace: Buffer.alloc(0), updates: [] };
  service.jobs.set(7, received);
  stops = [];
  lost = [];
  sender = createTraceSender({
    client: runnerClient({
      url: service.url,
      executor: "shell",
      systemId: "s",
      version: "1",
      patienceMilliseconds: 10_000,
    }),
    job: { id: 7, token: "t" },
    spool,
    onStop: (request) => stops.push(request),
    onLost: (error) => lost.push(error.message),
  });
});
afterEach(async () => {
  await sender.finish({ state: "success" });
  await service.close();
  spool.remove();
  rmSync(directory, { recursive: true, force: true });
});

function write(text: string): void {
  spool.append(Buffer.from(text));
  sender.grown();
}

test("the log arrives while it is written", async () => {
  write("one\n");
  await vi.waitFor(() => expect(received.trace.toString()).toBe("one\n"));
  write("two\n");
  await vi.waitFor(() => expect(received.trace.toString()).toBe("one\ntwo\n"));
});

test("the verdict comes after the whole log, with its size and checksum", async () => {
  write("all\n");
  await sender.finish({ state: "failed", failure_reason: "script_failure", exit_code: 3 });
  expect(received.trace.toString()).toBe("all\n");
  expect(received.verdict).toMatchObject({
    state: "failed",
    failure_reason: "script_failure",
    exit_code: 3,
    output: { bytesize: 4, checksum: spool.checksum() },
  });
});

test("a service that lost the end of the log gets it again", async () => {
  write("one two three");
  await vi.waitFor(() => expect(received.trace).toHaveLength(13));
  received.trace = received.trace.subarray(0, 4);
  write(" four");
  await sender.finish({ state: "success" });
  expect(received.trace.toString()).toBe("one two three four");
});

test("a log that was lost without a word is found missing at the end, and sent again", async () => {
  write("one two three");
  await vi.waitFor(() => expect(received.trace).toHaveLength(13));
  received.trace = Buffer.alloc(0);
  await sender.finish({ state: "success" });
  expect(received.trace.toString()).toBe("one two three");
  expect(received.verdict?.state).toBe("success");
});

test("a piece whose answer was lost is not stored twice", async () => {
  service.failNext("PATCH", (request, _response, body) => {
    received.trace = Buffer.concat([received.trace, body]);
    request.socket.destroy();
  });
  write("once\n");
  await sender.finish({ state: "success" });
  expect(received.trace.toString()).toBe("once\n");
});

test("a verdict that is accepted but not complete is asked about again", async () => {
  service.failNext("PUT", (_request, response) =>
    response.writeHead(202, { "x-gitlab-trace-update-interval": "0.01" }).end(),
  );
  await sender.finish({ state: "success" });
  expect(received.verdict?.state).toBe("success");
});

test("a large log goes in pieces", async () => {
  const large = "x".repeat(2_500_000);
  write(large);
  await sender.finish({ state: "success" });
  expect(received.trace.length).toBe(large.length);
  expect(service.requests.filter((name) => name.startsWith("PATCH")).length).toBeGreaterThan(2);
});

test("a job that is canceled is told so by the next answer", async () => {
  service.status = "canceling";
  write("x");
  await vi.waitFor(() => expect(stops).toContain("cancel"));
});

test("a job that prints nothing hears that it is canceled all the same", async () => {
  service.status = "canceled";
  await vi.waitFor(() => expect(stops).toContain("cancel"), 10_000);
});

test("a job that is not this runner's any more is lost, and its end sends nothing", async () => {
  service.jobs.delete(7);
  write("x");
  await vi.waitFor(() => expect(lost).toHaveLength(1));
  await sender.finish({ state: "success" });
  expect(service.requests.filter((name) => name.startsWith("PUT"))).toEqual([]);
});
