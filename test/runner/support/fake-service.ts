import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { JobResponse, JobUpdate } from "#runner/protocol.ts";

type Handler = (request: IncomingMessage, response: ServerResponse, body: Buffer) => void;

export type ReceivedJob = { trace: Buffer; updates: JobUpdate[]; verdict?: JobUpdate };

export type FakeService = {
  readonly url: string;
  readonly queue: JobResponse[];
  readonly jobs: Map<number, ReceivedJob>;
  /** Answers for the next requests whose "METHOD path" starts with a text, used up one by one. */
  readonly failNext: (start: string, handler: Handler, times?: number) => void;
  /** What `Job-Status` says. */
  status: string;
  /** No more jobs: runners are told to leave once the queue is empty. */
  leaveWhenEmpty: boolean;
  readonly requests: string[];
  /** Artifacts by "ID/type", dependencies by "ID", caches by key: what is there to be downloaded, and came up. */
  readonly files: Map<string, Buffer>;
  readonly close: () => Promise<void>;
};

export const RUNNER_TOKEN = "environment-token-1234";

/** The service's side of the runner protocol on a real socket, with failures on demand. */
export async function startFakeService(): Promise<FakeService> {
  const failures: { start: string; handler: Handler }[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const name = `${request.method} ${request.url}`;
      service.requests.push(name);
      const failure = failures.findIndex(({ start }) => name.startsWith(start));
      const [planned] = failure === -1 ? [] : failures.splice(failure, 1);
      const handler = planned?.handler ?? answer;
      handler(request, response, Buffer.concat(chunks));
    });
  });

  function answerFile(
    request: IncomingMessage,
    response: ServerResponse,
    name: string,
    path: string,
    body: Buffer,
  ): void {
    if (request.method === "GET") {
      const file = service.files.get(name);
      response.writeHead(file === undefined ? 404 : 200).end(file);
    } else if (path.endsWith("/authorize")) {
      response.writeHead(200).end("{}");
    } else {
      const isForm = /^multipart/.test(request.headers["content-type"] ?? "");
      service.files.set(name, isForm ? fileOfForm(body) : body);
      response.writeHead(201).end("{}");
    }
  }

  function fileOfForm(body: Buffer): Buffer {
    const boundary = body.subarray(0, body.indexOf("\r\n"));
    const start = body.indexOf("\r\n\r\n") + 4;
    return body.subarray(start, body.lastIndexOf(boundary) - 2);
  }

  type Answer = { status: number; body?: unknown; headers?: Record<string, string> };

  function answer(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
    const url = new URL(request.url ?? "", "http://service");
    const job = /^\/api\/v4\/jobs\/(\d+)\/artifacts/.exec(url.pathname)?.[1];
    if (job !== undefined || url.pathname.startsWith("/api/slipway/cache")) {
      const name =
        job === undefined
          ? (url.searchParams.get("key") ?? "")
          : [job, url.searchParams.get("artifact_type") ?? []].flat().join("/");
      answerFile(request, response, name, url.pathname, body);
      return;
    }
    const { status, body: content, headers = {} } = answerTo(request, body);
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(content === undefined ? undefined : JSON.stringify(content));
  }

  function answerTo(request: IncomingMessage, body: Buffer): Answer {
    const path = (request.url ?? "").split("?")[0] ?? "";
    if (path === "/api/slipway/environments/ticket") {
      const { ticket } = JSON.parse(body.toString());
      if (ticket !== "good-ticket") return { status: 403 };
      return {
        status: 201,
        body: { token: RUNNER_TOKEN, environment_id: "e1", idle_timeout: 1 },
      };
    }
    if (path === "/api/v4/jobs/request") {
      if (request.headers["runner-token"] !== RUNNER_TOKEN) return { status: 403 };
      const job = service.queue.shift();
      if (job === undefined) return { status: service.leaveWhenEmpty ? 410 : 204 };
      service.jobs.set(job.id, { trace: Buffer.alloc(0), updates: [] });
      return { status: 201, body: job };
    }
    const job = service.jobs.get(Number(/^\/api\/v4\/jobs\/(\d+)/.exec(path)?.[1]));
    if (job === undefined) return { status: 404 };
    const headers = { "job-status": service.status };
    if (request.method === "PATCH") {
      const patched = patch(request, job, body);
      return { ...patched, headers: { ...headers, ...patched.headers } };
    }
    const update: JobUpdate = JSON.parse(body.toString());
    job.updates.push(update);
    if (update.output !== undefined && update.output.bytesize !== job.trace.length) {
      return { status: 412 };
    }
    if (update.state !== "running") job.verdict = update;
    return { status: 200, body: true, headers };
  }

  function patch(request: IncomingMessage, job: ReceivedJob, body: Buffer): Answer {
    const start = Number((request.headers["content-range"] ?? "").split("-")[0]);
    const fits = start === job.trace.length;
    if (fits) job.trace = Buffer.concat([job.trace, body]);
    return { status: fits ? 202 : 416, headers: { range: `0-${job.trace.length}` } };
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const service: FakeService = {
    url: `http://127.0.0.1:${port}`,
    queue: [],
    jobs: new Map(),
    failNext: (start, handler, times = 1) => {
      for (let index = 0; index < times; index++) failures.push({ start, handler });
    },
    status: "running",
    leaveWhenEmpty: true,
    requests: [],
    files: new Map(),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return service;
}
