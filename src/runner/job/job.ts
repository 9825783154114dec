import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { fullDisk } from "../disk.ts";
import type { Executor, JobContext, JobPlace } from "../executor/executor.ts";
import {
  jobPaths,
  jobSecrets,
  type ResolvedVariables,
  resolveVariables,
} from "../executor/variables.ts";
import type { JobResponse } from "../protocol.ts";
import type { EcrTokens } from "../registry/ecr-token.ts";
import { logInToRegistry } from "../registry/login.ts";
import type { RunnerClient } from "../service-client/client.ts";
import type { Settings } from "../settings.ts";
import { createTrace } from "../trace/trace.ts";
import { createTraceSender } from "../trace/trace-sender.ts";
import { openTraceSpool } from "../trace/trace-spool.ts";
import { RUNNER_VERSION } from "../version.ts";
import { runSteps } from "./steps.ts";
import { createJobStop } from "./stop.ts";
import { type Ending, verdictOf, writeVerdict } from "./verdict.ts";

export type JobDeps = {
  readonly client: RunnerClient;
  readonly executor: Executor;
  readonly settings: Settings;
  /** For registries that take tokens of the build's role. */
  readonly tokens: EcrTokens;
  /** Aborted when the environment ends. */
  readonly shutdown: AbortSignal;
  /** Epoch milliseconds. */
  readonly now: () => number;
};

/**
 * Runs one job from its first line of log to the service's receipt of its verdict. Never rejects for what
 * a job can cause; resolves when nothing of the job is in the way of the next one in its slot.
 */
export async function runJob(deps: JobDeps, job: JobResponse, slot: number): Promise<void> {
  const { settings } = deps;
  const temporary = join(settings.directory, "tmp");
  const spool = openTraceSpool(join(temporary, `j${job.id}.log`));
  const stop = createJobStop(job.runner_info.timeout, deps.shutdown);
  const sender = createTraceSender({
    client: deps.client,
    job,
    spool,
    onStop: stop.request,
    onLost: () => stop.request("abort"),
  });
  const context = await createContext(deps, job, slot, join(temporary, `j${job.id}`), stop.script);
  const trace = createTrace(spool, {
    secrets: context.secrets,
    tokenPrefixes: job.features.token_mask_prefixes ?? [],
    limitBytes: job.log_limit ?? settings.logLimitBytes,
    sections: job.features.trace_sections === true,
    now: deps.now,
    onGrown: sender.grown,
  });

  let place: JobPlace | undefined;
  let ending: Ending;
  try {
    trace.line(`Running with slipway-runner ${RUNNER_VERSION} on ${settings.environmentId}`);
    if (!context.ok) throw context.error;
    await makeOwnDirectory(context.value.directory);
    place = deps.executor.open(context.value);
    ending = await runSteps({ context: context.value, place, trace, stop });
  } catch (error) {
    ending = { ok: false, error: stop.script.aborted ? stop.script.reason : error };
  }
  stop.settle();
  if (place !== undefined && !ending.ok) await freeFullDisk(place);
  writeVerdict(trace, ending, job.runner_info.timeout);
  trace.flush();
  const verdict = verdictOf(ending, job.runner_info.timeout);
  await Promise.allSettled([sender.finish(verdict), place?.close()]);
  if (context.ok) {
    await rm(context.value.directory, { recursive: true, force: true }).catch(() => undefined);
  }
  spool.remove();
}

/** For what the runner itself needs for a job; nothing in it can be written by the job's containers. */
async function makeOwnDirectory(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true, mode: 0o700 });
}

/** The service may live on the disk that this job filled, and has to write down its end. */
async function freeFullDisk(place: JobPlace): Promise<void> {
  if ((await fullDisk(place.disks())) !== undefined) await place.workspace.discard();
}

type ContextResult = { readonly secrets: readonly string[] } & (
  | { readonly ok: true; readonly value: JobContext }
  | { readonly ok: false; readonly error: unknown }
);

async function createContext(
  deps: JobDeps,
  sent: JobResponse,
  slot: number,
  directory: string,
  signal: AbortSignal,
): Promise<ContextResult> {
  const { settings, executor } = deps;
  try {
    const { job, login } = await logInToRegistry(sent, deps.tokens, signal);
    const paths = jobPaths(job, executor.builds(slot));
    const variables: ResolvedVariables = resolveVariables(
      job.variables,
      {
        CI_BUILDS_DIR: paths.builds,
        CI_PROJECT_DIR: paths.project,
        CI_CONCURRENT_ID: String(slot),
        CI_CONCURRENT_PROJECT_ID: String(slot),
        CI_SERVER: "yes",
        CI_RUNNER_VERSION: RUNNER_VERSION,
        CI_RUNNER_EXECUTABLE_ARCH: `${process.platform}/${process.arch === "x64" ? "amd64" : process.arch}`,
        ...executor.variables,
      },
      paths,
    );
    const secrets = jobSecrets(job, variables);
    const common = { job, settings, slot, paths, variables, directory };
    const value = login === undefined ? common : { ...common, registryLogin: login };
    return { ok: true, value, secrets };
  } catch (error) {
    return { ok: false, error, secrets: [sent.token] };
  }
}
