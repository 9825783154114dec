import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  jobsOf,
  leftInTheEnd,
  makeRepository,
  pipelineOf,
  reservePorts,
  type Slipway,
  startSlipway,
} from "./harness.ts";

const program = resolve(import.meta.dirname, "../../cli/slipway.js");
let slipway: Slipway;
let elsewhere: string;
beforeAll(async () => {
  slipway = await startSlipway("defaults:\n  executor: shell\n");
  elsewhere = mkdtempSync(join(tmpdir(), "slipway-e2e-"));
}, 60_000);
afterAll(async () => {
  const left = await leftInTheEnd(slipway);
  await slipway.stop();
  rmSync(elsewhere, { recursive: true, force: true });
  expect(left).toEqual([]);
}, 60_000);

type Ended = { readonly code: number | null; readonly out: string; readonly err: string };

function command(args: readonly string[], data = slipway.data): Promise<Ended> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [program, ...args, "--data", data], {
      env: { ...process.env, NO_COLOR: "1" },
      timeout: 60_000,
    });
    let [out, err] = ["", ""];
    child.stdin.end();
    child.stdout.on("data", (bytes: Buffer) => {
      out += bytes.toString();
    });
    child.stderr.on("data", (bytes: Buffer) => {
      err += bytes.toString();
    });
    child.once("error", fail);
    child.once("close", (code) => done({ code, out, err }));
  });
}

function configOf(data: string): unknown {
  return JSON.parse(readFileSync(join(data, "config.json"), "utf8"));
}

describe("slipway up", () => {
  test("of data that a service works on says so, ends, and leaves its ports as they are", async () => {
    const before = configOf(slipway.data);
    const second = await command(["up", "--port", String(slipway.port + 40)]);
    expect(second.code).toBe(3);
    expect(second.err).toMatch(/in use by another process.*slipway down/);
    expect(configOf(slipway.data)).toEqual(before);
  });

  test("--detach of a service that is up finds it", async () => {
    const again = await command(["up", "--detach", "--json"]);
    expect(again.code).toBe(0);
    expect(JSON.parse(again.out)).toMatchObject({ url: expect.stringMatching(/^http:/) });
  });

  test.for([
    ["its own port", 0],
    ["the port of its registry", 1],
  ] as const)("on a machine where %s is taken says which, and ends", async ([, offset]) => {
    const { port, release } = await reservePorts();
    const taken = port + offset;
    const other = createServer().listen(taken, "127.0.0.1");
    await once(other, "listening");
    const ended = await command(["up", "--port", String(port)], elsewhere);
    other.close();
    release();
    expect(ended.code).toBe(3);
    expect(ended.err).toMatch(new RegExp(`Port ${taken}\\b.*taken.*--port`, "s"));
  });

  test.for(["0", "65535", "http", "-1"])("with the port %s is wrong use", async (port) => {
    expect(await command(["up", "--port", port], elsewhere)).toMatchObject({ code: 2, out: "" });
  });
});

describe("a command about", () => {
  test.for([
    [["status", "seven"], 2],
    [["logs", "-f", "0x7"], 2],
    [["pipelines", "--limit", "0"], 2],
    [["cancel", "a"], 2],
    [["status", "999999"], 3],
    [["logs", "99999900001"], 3],
    [["retry", "999999"], 3],
  ] as const)(
    "nothing, %j, ends with %i and words on standard error alone",
    async ([args, code]) => {
      const ended = await command([...args, "--json"]);
      expect(ended).toMatchObject({ code, out: "" });
      expect(ended.err).not.toBe("");
    },
  );

  test("a data directory without a service says how to start one", async () => {
    const ended = await command(["status"], elsewhere);
    expect(ended.code).toBe(3);
    expect(ended.err).toContain("slipway up");
  });
});

test("logs -f and status --wait go on when the service is killed and started again", async () => {
  const project = "command-line/follow";
  const repository = await makeRepository(slipway, project);
  repository.write({
    ".gitlab-ci.yml": "job:\n  script: [echo first, sleep 4, echo last, exit 3]\n",
  });
  const { sha } = await repository.push();
  const running = await pipelineOf(slipway, project, sha, {
    until: (view) => jobsOf(view).job?.status === "running",
  });
  const id = String(jobsOf(running).job?.id);
  const following = command(["logs", "-f", id]);
  const waiting = command(["status", String(running.id), "--wait", "--json"]);
  await new Promise((done) => setTimeout(done, 1_500));
  await slipway.kill();
  await slipway.start();
  const [log, status] = await Promise.all([following, waiting]);
  expect(log.out.match(/^(first|last)$/gm)).toEqual(["first", "last"]);
  expect(log.code).toBe(1);
  expect(JSON.parse(status.out)).toMatchObject({ id: running.id, status: "failed" });
  expect(status.code).toBe(1);
});
