import { describe, expect, test, vi } from "vitest";
import { aJob } from "./support/jobs.ts";
import { useProgram } from "./support/program.ts";
import { finished } from "./support/run.ts";

const { git, service, start } = useProgram();

describe("the runner's program", () => {
  test("is one file that takes its jobs and leaves with exit code 0", async () => {
    const job = aJob(git(), { script: ["cat hello.txt"] });
    service().queue.push(job);
    const { exit } = start();
    expect(await exit).toBe(0);
    expect(finished(service(), job).log).toContain("hello\n");
  });

  test("leaves after the idle time that the service gave it", async () => {
    service().leaveWhenEmpty = false;
    expect(await start().exit).toBe(0);
  });

  test("leaves with exit code 0 when its ticket was used before", async () => {
    expect(await start({ SLIPWAY_TICKET: "used" }).exit).toBe(0);
  });

  test("names the setting that is wrong, and exits with 2", async () => {
    const { exit, errors } = start({ SLIPWAY_EXECUTOR: "docker" });
    expect(await exit).toBe(2);
    expect(errors()).toMatch(/SLIPWAY_EXECUTOR is "docker": it must be docker-in-docker/);
  });

  test("told to end, reports its job as a system failure and exits with 0", async () => {
    const job = aJob(git(), { script: ["echo started", "sleep 60"] });
    service().queue.push(job);
    const { child, exit } = start();
    await vi.waitFor(() => expect(finished(service(), job).log).toContain("started\n"), 20_000);
    child.kill("SIGTERM");
    expect(await exit).toBe(0);
    expect(finished(service(), job).verdict).toMatchObject({
      failure_reason: "runner_system_failure",
    });
  });

  test("keeps its job while the service is away, and delivers all when it is back", async () => {
    const job = aJob(git(), { script: ["echo started", "sleep 0.5", "echo done"] });
    service().queue.push(job);
    const { exit } = start();
    await vi.waitFor(() => expect(finished(service(), job).log).toContain("started\n"), 20_000);
    service().failNext("", (request) => request.socket.destroy(), 5);
    expect(await exit).toBe(0);
    expect(finished(service(), job).log).toContain("done\n");
    expect(finished(service(), job).verdict).toMatchObject({ state: "success" });
  });
});
