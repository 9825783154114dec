import { artifactsToUpload, downloadArtifacts, uploadArtifacts } from "../archive/artifacts.ts";
import { cachesToSave, restoreCaches, saveCaches } from "../archive/cache.ts";
import { fullDisk } from "../disk.ts";
import type { JobContext, PreparedJob } from "../executor/executor.ts";
import { fullDiskFailure, JobFailure, messageOf } from "../job-failure.ts";
import type { JobStep } from "../protocol.ts";
import { trackedFiles } from "../sources/tracked-files.ts";
import { together } from "../together.ts";
import { deferredLog, type Log, type Trace } from "../trace/trace.ts";
import type { JobStop } from "./stop.ts";
import { type Ending, jobStatus } from "./verdict.ts";

export type StepDeps = {
  readonly context: JobContext;
  readonly trace: Trace;
  readonly stop: JobStop;
  readonly prepare: (log: Log, signal: AbortSignal) => Promise<PreparedJob>;
  readonly getSources: (log: Log, signal: AbortSignal) => Promise<void>;
};

const DEFAULT_AFTER_SCRIPT_SECONDS = 300;

/**
 * A job's steps in GitLab's order: prepare, get sources, restore caches, download artifacts, script,
 * after_script, save caches, upload artifacts. The place is prepared and the sources are fetched side by
 * side; in the log one comes after the other.
 */
export async function runSteps(deps: StepDeps): Promise<Ending> {
  const { context, trace, stop } = deps;
  const { job } = context;
  const prepared = await prepareAndGetSources(deps);
  const tracked = await trackedFiles(context, trace, stop.script);
  await restoreCaches(context, trace, stop.script);
  await downloadArtifacts(context, trace, stop.script);
  const script = job.steps.find((step) => step.name === "script");
  const afterScript = job.steps.find((step) => step.name === "after_script");
  let ending: Ending;
  try {
    stop.script.throwIfAborted();
    await runScript(deps, prepared, script?.script ?? []);
    ending = { ok: true };
  } catch (error) {
    ending = { ok: false, error: stop.script.aborted ? stop.script.reason : error };
  }
  const outOfTime = stop.script.aborted && jobStatus(ending) !== "canceled";
  if (afterScript && afterScript.script.length > 0 && !outOfTime && !stop.everything.aborted) {
    await runAfterScript(deps, prepared, afterScript, ending);
  }
  if (!outOfTime && !stop.everything.aborted) {
    ending = await keepResults(deps, prepared, ending, tracked);
  }
  trace.flush();
  return ending;
}

/** Caches and artifacts of a job that ended so. Only uploads can make a success a failure. */
async function keepResults(
  deps: StepDeps,
  prepared: PreparedJob,
  ending: Ending,
  tracked: ReadonlySet<string> | undefined,
): Promise<Ending> {
  const { context, trace, stop } = deps;
  const caches = cachesToSave(context.job, ending.ok);
  const artifacts = artifactsToUpload(context.job, ending.ok);
  if (caches.length === 0 && artifacts.length === 0) return ending;
  const signal = jobStatus(ending) === "canceled" ? stop.everything : stop.script;
  const kind = ending.ok ? "successful" : "failed";
  const suffix = ending.ok ? "on_success" : "on_failure";
  const inSection = async (name: string, title: string, work: () => Promise<void>) => {
    trace.sectionStart(name, title);
    await work().finally(() => trace.sectionEnd(name));
  };
  try {
    await prepared.takeBack?.();
    if (caches.length > 0) {
      const name = ending.ok ? "archive_cache" : "archive_cache_on_failure";
      await inSection(name, `Saving cache for ${kind} job`, () =>
        saveCaches(context, caches, tracked, trace, signal),
      );
    }
    if (artifacts.length > 0) {
      await inSection(`upload_artifacts_${suffix}`, `Uploading artifacts for ${kind} job`, () =>
        uploadArtifacts(context, artifacts, tracked, trace, signal),
      );
    }
    return ending;
  } catch (error) {
    if (ending.ok) return { ok: false, error: signal.aborted ? signal.reason : error };
    trace.warning(`What the job left could not be kept: ${messageOf(error)}`);
    return ending;
  }
}

async function prepareAndGetSources(deps: StepDeps): Promise<PreparedJob> {
  const { trace, stop, context } = deps;
  const hook = context.job.hooks?.find(({ name }) => name === "pre_get_sources_script");
  const sources = deferredLog();
  const showSources = () => {
    trace.sectionEnd("prepare_executor");
    trace.sectionStart("get_sources", "Getting source from Git repository");
    sources.release(trace);
  };
  trace.sectionStart("prepare_executor", `Preparing the "${context.settings.executor}" executor`);
  let prepared: PreparedJob | undefined;
  try {
    await together(stop.script, (signal) => {
      const place = deps.prepare(trace, signal).then((made) => {
        prepared = made;
        showSources();
        return made;
      });
      const fetched =
        hook === undefined || hook.script.length === 0
          ? deps.getSources(sources, signal)
          : place.then(async (made) => {
              await runCommands(deps, made, sources, hook.script, signal);
              await deps.getSources(sources, signal);
            });
      return [place.then(() => undefined), fetched];
    });
  } catch (error) {
    if (prepared === undefined) showSources();
    trace.sectionEnd("get_sources");
    throw error;
  }
  trace.sectionEnd("get_sources");
  if (prepared === undefined) throw new Error("The job was not prepared.");
  return prepared;
}

async function runScript(
  deps: StepDeps,
  prepared: PreparedJob,
  commands: readonly string[],
): Promise<void> {
  const { trace, stop } = deps;
  trace.sectionStart("step_script", 'Executing "step_script" stage of the job script');
  try {
    await runCommands(deps, prepared, trace, commands, stop.script);
  } finally {
    trace.sectionEnd("step_script");
  }
}

async function runAfterScript(
  deps: StepDeps,
  prepared: PreparedJob,
  step: JobStep,
  ending: Ending,
): Promise<void> {
  const { trace, stop } = deps;
  const seconds = step.timeout > 0 ? step.timeout : DEFAULT_AFTER_SCRIPT_SECONDS;
  const signal = AbortSignal.any([stop.everything, AbortSignal.timeout(seconds * 1_000)]);
  trace.sectionStart("after_script", "Running after_script");
  try {
    await runCommands(deps, prepared, trace, step.script, signal, jobStatus(ending));
  } catch (error) {
    trace.warning(`after_script failed, which leaves the job as it is: ${messageOf(error)}`);
  } finally {
    trace.sectionEnd("after_script");
  }
}

/** Rejects unless all commands succeed before the signal comes. */
async function runCommands(
  deps: StepDeps,
  prepared: PreparedJob,
  log: Log,
  commands: readonly string[],
  signal: AbortSignal,
  status?: string,
): Promise<void> {
  const { paths, variables, settings } = deps.context;
  const secrets = variables.list.filter((variable) => variable.confidential);
  const exitCode = await prepared.run({
    script: {
      exports:
        status === undefined ? secrets : [...secrets, { key: "CI_JOB_STATUS", value: status }],
      directory: paths.projectInside,
      commands,
    },
    log,
    stop: signal,
    graceMilliseconds: settings.graceMilliseconds,
  });
  signal.throwIfAborted();
  if (exitCode === 0) return;
  const full = await fullDisk([paths.buildsOutside, settings.directory, "/var/lib/docker"]);
  if (full !== undefined) {
    throw fullDiskFailure(` (${full}); the script ended with exit code ${exitCode}`);
  }
  throw new JobFailure("script_failure", `exit code ${exitCode}`, { exitCode });
}
