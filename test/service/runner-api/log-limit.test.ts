import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { JobResponse } from "#runner/protocol.ts";
import { appendTrace } from "#service/runner-api/append-trace.ts";
import { updateJob } from "#service/runner-api/update-job.ts";
import { jobOf, push, takeNext } from "../driver.ts";
import { makeWorld, type World } from "../world.ts";

const megabyte = 1024 * 1024;
/** Of the script's output 2 MB; the runner's own last words may be 1 MB more. */
const limit = 3 * megabyte;
const line =
  /\nThe log is longer than 3145728 bytes \(`max_log_size`\)\. The rest of it is not kept\.\n$/;

let world: World;
let job: JobResponse;
let pipelineId: number;
beforeEach(async () => {
  const made = await makeWorld();
  const settings: World["deps"]["settings"] = async (of) => {
    const given = await made.deps.settings(of);
    return given && { ...given, maxLogBytes: 2 * megabyte };
  };
  world = { ...made, deps: { ...made.deps, settings } };
  pipelineId = await push(world, "job: {script: [x]}");
  job = await takeNext(world, pipelineId);
});
afterEach(() => world.close());

const send = (start: number, bytes: number, token = job.token) =>
  appendTrace(world.deps, { jobId: job.id, token, start, bytes: new Uint8Array(bytes).fill(120) });

async function stored(): Promise<{ readonly output: number; readonly end: string }> {
  const log = Buffer.from((await world.deps.blobs.get(`jobs/${job.id}/log`)) ?? []);
  const end = log
    .toString("latin1")
    .replace(/^x*/, "")
    .replaceAll(/\x1b\[[\d;]*m/g, "");
  return { output: log.lastIndexOf("x".repeat(5)) + 5, end };
}

describe("a log that is too long", () => {
  test("is told to the runner beforehand", () => {
    expect(job.log_limit).toBe(2 * megabyte);
  });

  test("keeps what fits and a line, whatever a job appends by its own token, and the runner ends as usual", async () => {
    let sent = 0;
    for (let piece = 0; piece < 20; piece++) {
      expect(await send(sent, 6_000_000)).toMatchObject({
        answer: "accepted",
        length: sent + 6_000_000,
      });
      sent += 6_000_000;
    }
    expect((await stored()).output).toBe(limit);
    expect((await stored()).end).toMatch(line);
    const output = { checksum: "crc32:00000000", bytesize: sent };
    expect(
      await updateJob(world.deps, job.id, job.token, { state: "success", output }),
    ).toMatchObject({ answer: "done" });
    await world.settle();
    expect((await jobOf(world, pipelineId, "job")).status).toBe("success");
  });

  test.for<[string, () => Promise<unknown>]>([
    [
      "in many small pieces",
      async () => {
        for (let at = 0; at < limit + 4 * megabyte; at += 500_000) await send(at, 500_000);
      },
    ],
    [
      "from many senders at once",
      async () => {
        await send(0, limit - 10);
        await Promise.all(
          Array.from({ length: 20 }, (_, index) => send(limit - 10, 1_000_000 + index)),
        );
      },
    ],
    [
      "again and again from its start, and far behind its end",
      async () => {
        for (let again = 0; again < 5; again++) await send(0, limit + 1);
        await send(10 * limit, 5);
      },
    ],
    [
      "to its very last byte first",
      async () => {
        await send(0, limit);
        expect((await stored()).end).toBe("");
        await send(limit, 1);
      },
    ],
  ])("keeps no more when it is sent %s", async ([, attack]) => {
    await attack();
    expect((await stored()).output).toBe(limit);
    expect((await stored()).end).toMatch(line);
  });

  test("has no gap: a piece behind its end is asked for from there on, also beyond the limit", async () => {
    await send(0, 100);
    expect(await send(200, 5)).toMatchObject({ answer: "range", length: 100 });
    expect(await send(10 * limit, 5)).toMatchObject({ answer: "range", length: 100 });
    expect((await stored()).output).toBe(100);
  });

  test("of exactly the limit is kept whole, without a line", async () => {
    await send(0, limit);
    expect(await stored()).toEqual({ output: limit, end: "" });
    const output = { checksum: "crc32:00000000", bytesize: limit + 1 };
    expect(
      await updateJob(world.deps, job.id, job.token, { state: "success", output }),
    ).toMatchObject({ answer: "trace_incomplete", length: limit });
  });
});
