import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { bundleRunner } from "#local/bundle/program.ts";
import type { JobResponse, JobUpdate } from "#runner/protocol.ts";
import { runRunner } from "#runner/runner.ts";
import type { Settings } from "#runner/settings.ts";
import type { FakeService } from "./fake-service.ts";

/** What helpers run, as an installation has it. */
const program = await bundleRunner();

/** Short, because sockets lie below it. */
const BASE = "/tmp/sw-";

export function testSettings(service: FakeService, parts: Partial<Settings> = {}): Settings {
  return {
    url: service.url,
    ticket: "good-ticket",
    executor: "shell",
    capacity: 1,
    environmentId: `test-${process.pid}-${Math.floor(performance.now())}`,
    directory: mkdtempSync(BASE),
    dockerHost: "unix:///var/run/docker.sock",
    privileged: false,
    extraHosts: [],
    dockerClient: undefined,
    defaultImage: "busybox:latest",
    helperImage: "slipway/engine:latest",
    program,
    logLimitBytes: 64 * 1024 * 1024,
    processLimit: 512,
    graceMilliseconds: 1_000,
    ...parts,
  };
}

export type FinishedJob = { readonly log: string; readonly verdict: JobUpdate | undefined };

/** Runs jobs by a whole runner against the fake service, and gives what the service then has of them. */
export async function runJobs(
  service: FakeService,
  settings: Settings,
  jobs: readonly JobResponse[],
  shutdown: AbortSignal = new AbortController().signal,
): Promise<FinishedJob[]> {
  service.queue.push(...jobs);
  await runRunner(settings, shutdown);
  return jobs.map((job) => finished(service, job));
}

export function finished(service: FakeService, job: JobResponse): FinishedJob {
  const received = service.jobs.get(job.id);
  return { log: received?.trace.toString() ?? "", verdict: received?.verdict };
}

export function removeDirectory(settings: Settings): void {
  rmSync(join(settings.directory), { recursive: true, force: true });
}
