import { setTimeout as sleep } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import type { Settings } from "#runner/settings.ts";
import type { FakeService } from "./fake-service.ts";
import type { GitHost } from "./git-host.ts";
import { aJob, variable } from "./jobs.ts";
import { finished, runJobs } from "./run.ts";

export type BehaviourContext = {
  readonly git: () => GitHost;
  readonly service: () => FakeService;
  readonly settings: () => Settings;
};

/** What every executor does with a job, whatever it runs in. */
export function defineJobBehaviour({ git, service, settings }: BehaviourContext): void {
  const run = async (parts: Parameters<typeof aJob>[1], more: Partial<Settings> = {}) => {
    const [result] = await runJobs(service(), { ...settings(), ...more }, [aJob(git(), parts)]);
    return { log: result?.log ?? "", verdict: result?.verdict };
  };

  test("runs its script in the checkout and succeeds", async () => {
    const { log, verdict } = await run({
      script: ["cat hello.txt", "cat", 'test "$PWD" = "$CI_PROJECT_DIR"'],
    });
    expect(log).toContain("$ cat hello.txt\u001b[0;m\nhello from the sources\n");
    expect(verdict).toMatchObject({ state: "success" });
    expect(log).toMatch(/Job succeeded\S*\n$/);
  });

  test("reports the exit code of the first command that fails", async () => {
    const { log, verdict } = await run({ script: ["echo one", "(exit 3)", "echo never"] });
    expect(verdict).toMatchObject({
      state: "failed",
      failure_reason: "script_failure",
      exit_code: 3,
    });
    expect(log).toMatch(/ERROR: Job failed: exit code 3\S*\n$/);
    expect(log).not.toContain("echo never\n");
  });

  test("runs after_script in a new shell, with the job's status, whatever it does", async () => {
    const { log, verdict } = await run({
      script: ["left=over", "echo kept > file.txt", "exit 5"],
      afterScript: ['echo "status=$CI_JOB_STATUS left=$left $(cat file.txt)"', "exit 9"],
    });
    expect(log).toContain("status=failed left= kept\n");
    expect(log).toContain("after_script failed, which leaves the job as it is: exit code 9");
    expect(verdict).toMatchObject({ failure_reason: "script_failure", exit_code: 5 });
  });

  test("sees its variables, and files of file variables, and shows no masked value", async () => {
    const { log, verdict } = await run({
      variables: [
        variable("PLAIN", "it's $HOME of\nlines", { raw: true }),
        variable("SECRET", "very-secret-value", { masked: true }),
        variable("KEY", "content of the key\n", { file: true }),
      ],
      script: [
        'printf "%s|\\n" "$PLAIN"',
        'echo "<$SECRET>" "$(printf %s "$SECRET" | wc -c)"',
        'cat "$KEY"',
        "printf very-; sleep 0.3; printf 'secret-value\\n'",
      ],
    });
    expect(verdict).toMatchObject({ state: "success" });
    expect(log).toContain("it's $HOME of\nlines|\n");
    expect(log).toMatch(/<\[MASKED\]> +17\n/);
    expect(log).toContain("content of the key\n");
    expect(log).not.toContain("very-secret-value");
  });

  test("knows nothing of the runner's own settings and tokens", async () => {
    const { log } = await run({ script: ["env"] });
    expect(log).not.toMatch(/SLIPWAY_(?!JOB_PROCESSES)|environment-token|good-ticket/);
    expect(log).toContain("CI_PROJECT_DIR=");
  });

  test("that is canceled is asked to end, runs its after_script and ends", async () => {
    const job = aJob(git(), {
      script: ["echo started", "while true; do echo tick; sleep 0.2; done"],
      afterScript: ['echo "status=$CI_JOB_STATUS"'],
    });
    const running = runJobs(service(), settings(), [job]);
    await vi.waitFor(() => expect(finished(service(), job).log).toContain("started\n"), 20_000);
    service().status = "canceling";
    const [result] = await running;
    expect(result?.log).toContain("status=canceled\n");
    expect(result?.verdict).toMatchObject({ state: "failed" });
  });

  test("that takes longer than its timeout is ended, without after_script", async () => {
    const { log, verdict } = await run({
      timeout: 2,
      script: ["sleep 60"],
      afterScript: ["echo after-ran"],
    });
    expect(verdict).toMatchObject({ state: "failed", failure_reason: "job_execution_timeout" });
    expect(log).toContain("execution took longer than 2 s");
    expect(log).not.toContain("after-ran");
  });

  test("that starts a process without end leaves none behind", async () => {
    const { log, verdict } = await run({ script: ["sleep 7654321 &", "echo done"] });
    expect(log).toContain("done\n");
    expect(verdict).toMatchObject({ state: "success" });
    await sleep(50);
    await vi.waitFor(async () => expect(await processesOf("7654321")).toEqual([]));
  });

  test("that forks without end is held at its limit, and the runner goes on", async () => {
    const bomb = "bomb() { bomb | bomb & }; bomb; sleep 1";
    const jobs = [
      aJob(git(), { script: [bomb], timeout: 5 }),
      aJob(git(), { script: ["echo fine"] }),
    ];
    const results = await runJobs(service(), { ...settings(), processLimit: 64 }, jobs);
    expect(results[0]?.log).toMatch(/fork|Resource temporarily unavailable/);
    expect(results[1]?.verdict).toMatchObject({ state: "success" });
  });

  test("that prints without measure has its log cut, and its verdict all the same", async () => {
    const { log, verdict } = await run(
      { script: ["yes aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa | head -c 50000000", "exit 4"] },
      { logLimitBytes: 100_000 },
    );
    expect(log.length).toBeLessThan(102_000);
    expect(log).toContain("The job's log is longer than 100000 bytes.");
    expect(verdict?.failure_reason).toBe("script_failure");
  });

  test("that lost its service meanwhile has its whole log and verdict there in the end", async () => {
    service().failNext("PATCH", (request) => request.socket.destroy(), 3);
    service().failNext("PUT", (_request, response) => response.writeHead(502).end(), 2);
    const { log, verdict } = await run({ script: ["echo one", "sleep 0.5", "echo two"] });
    expect(log).toContain("one\n");
    expect(log).toContain("two\n");
    expect(verdict).toMatchObject({ state: "success" });
  });

  test("whose environment ends is reported as a system failure", async () => {
    const shutdown = new AbortController();
    const job = aJob(git(), { script: ["echo started", "sleep 60"] });
    const running = runJobs(service(), settings(), [job], shutdown.signal);
    await vi.waitFor(() => expect(finished(service(), job).log).toContain("started\n"), 20_000);
    shutdown.abort(new Error("SIGTERM"));
    const [result] = await running;
    expect(result?.verdict).toMatchObject({
      state: "failed",
      failure_reason: "runner_system_failure",
      failure_message: "the environment was stopped",
    });
  });

  test("runs its pre_get_sources_script before there are sources", async () => {
    const { log, verdict } = await run({
      hooks: [{ name: "pre_get_sources_script", script: ["ls hello.txt || echo no-sources-yet"] }],
      script: ["cat hello.txt"],
    });
    expect(log).toContain("no-sources-yet\n");
    expect(verdict).toMatchObject({ state: "success" });
  });

  test("whose project path would lead out of the builds directory fails with that reason", async () => {
    const job = aJob(git());
    const hostile = { ...job, job_info: { ...job.job_info, project_full_path: "../../etc" } };
    const [result] = await runJobs(service(), settings(), [hostile]);
    expect(result?.verdict).toMatchObject({ state: "failed" });
    expect(result?.log).toContain("cannot be a directory");
  });

  test("runs beside others, each in a place of its own", async () => {
    const script = [
      "test ! -e mine.txt",
      'echo "$CI_JOB_MARK" > mine.txt',
      "sleep 0.3",
      'test "$(cat mine.txt)" = "$CI_JOB_MARK"',
    ];
    const jobs = ["a", "b", "c"].map((mark) =>
      aJob(git(), { script, variables: [variable("CI_JOB_MARK", mark)] }),
    );
    const results = await runJobs(service(), { ...settings(), capacity: 3 }, jobs);
    for (const result of results) {
      expect(result.verdict).toMatchObject({ state: "success" });
    }
  });
}

async function processesOf(argument: string): Promise<string[]> {
  const { readdir, readFile } = await import("node:fs/promises");
  const ids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    ids.map((id) => readFile(`/proc/${id}/cmdline`, "utf8").catch(() => "")),
  );
  return lines.filter((line) => line.split("\0").slice(1).includes(argument));
}
