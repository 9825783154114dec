import { artifactsToUpload, downloadArtifacts, uploadArtifacts } from "../archive/artifacts.ts";
import { cachesToSave, restoreCaches, saveCaches } from "../archive/cache.ts";
import { fullDisk } from "../disk.ts";
import type { JobContext, JobPlace, RunScript } from "../executor/executor.ts";
import { fullDiskFailure, JobFailure, messageOf } from "../job-failure.ts";
import type { JobStep } from "../protocol.ts";
import { sourcesRequest } from "../sources/request.ts";
import { together } from "../together.ts";
import { deferredLog, type Log, type Trace } from "../trace/trace.ts";
import type { JobStop } from "./stop.ts";
import { type Ending, jobStatus } from "./verdict.ts";

export type StepDeps = {
  readonly context: JobContext;
  readonly place: JobPlace;
  readonly trace: Trace;
  readonly stop: JobStop;
};

const DEFAULT_AFTER_SCRIPT_SECONDS = 300;

/**
 * A job's steps in GitLab's order: prepare, get sources, restore caches, download artifacts, script,
 * after_script, save caches, upload artifacts. The place is prepared and the sources are fetched side by
 * side; in the log one comes after the other.
 */
export async function runSteps(deps: StepDeps): Promise<Ending> {
  const { context, place, trace, stop } = deps;
  const { job } = context;
  const { workspace } = place;
  const run = await prepareAndGetSources(deps);
  await restoreCaches(context, workspace, trace, stop.script);
  await downloadArtifacts(context, workspace, trace, stop.script);
  workspace.rest(job.artifacts.length > 0 || job.cache.length > 0);
  const script = job.steps.find((step) => step.name === "script");
  const afterScript = job.steps.find((step) => step.name === "after_script");
  let ending: Ending;
  try {
    stop.script.throwIfAborted();
    await runScript(deps, run, script?.script ?? []);
    ending = { ok: true };
  } catch (error) {
    ending = { ok: false, error: stop.script.aborted ? stop.script.reason : error };
  }
  const outOfTime = stop.script.aborted && jobStatus(ending) !== "canceled";
  if (afterScript && afterScript.script.length > 0 && !outOfTime && !stop.everything.aborted) {
    await runAfterScript(deps, run, afterScript, ending);
  }
  if (!outOfTime && !stop.everything.aborted) {
    ending = await keepResults(deps, ending);
  }
  trace.flush();
  return ending;
}

/** Caches and artifacts of a job that ended so. Only uploads can make a success a failure. */
async function keepResults(deps: StepDeps, ending: Ending): Promise<Ending> {
  const { context, place, trace, stop } = deps;
  const { workspace } = place;
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
    if (caches.length > 0) {
      const name = ending.ok ? "archive_cache" : "archive_cache_on_failure";
      await inSection(name, `Saving cache for ${kind} job`, () =>
        saveCaches(context, workspace, caches, trace, signal),
      );
    }
    if (artifacts.length > 0) {
      await inSection(`upload_artifacts_${suffix}`, `Uploading artifacts for ${kind} job`, () =>
        uploadArtifacts(context, workspace, artifacts, trace, signal),
      );
    }
    return ending;
  } catch (error) {
    if (ending.ok) return { ok: false, error: signal.aborted ? signal.reason : error };
    trace.warning(`What the job left could not be kept: ${messageOf(error)}`);
    return ending;
  }
}

async function prepareAndGetSources(deps: StepDeps): Promise<RunScript> {
  const { trace, stop, context, place } = deps;
  const { workspace } = place;
  const request = sourcesRequest(context, process.env);
  const hook = context.job.hooks?.find(({ name }) => name === "pre_get_sources_script");
  const sources = deferredLog();
  const showSources = () => {
    trace.sectionEnd("prepare_executor");
    trace.sectionStart("get_sources", "Getting source from Git repository");
    sources.release(trace);
  };
  trace.sectionStart("prepare_executor", `Preparing the "${context.settings.executor}" executor`);
  let run: RunScript | undefined;
  try {
    await together(stop.script, (signal) => {
      const prepared = place.prepare(trace, signal).then((made) => {
        run = made;
        showSources();
        return made;
      });
      const fetched = async () => {
        await workspace.prepare(context.variables.files, signal);
        if (hook !== undefined && hook.script.length > 0) {
          await runCommands(deps, await prepared, sources, hook.script, signal);
        }
        await workspace.getSources(request, sources, signal);
      };
      return [prepared.then(() => undefined), fetched()];
    });
  } catch (error) {
    if (run === undefined) showSources();
    trace.sectionEnd("get_sources");
    throw error;
  }
  trace.sectionEnd("get_sources");
  if (run === undefined) throw new Error("The job was not prepared.");
  return run;
}

async function runScript(
  deps: StepDeps,
  run: RunScript,
  commands: readonly string[],
): Promise<void> {
  const { trace, stop } = deps;
  trace.sectionStart("step_script", 'Executing "step_script" stage of the job script');
  try {
    await runCommands(deps, run, trace, commands, stop.script);
  } finally {
    trace.sectionEnd("step_script");
  }
}

async function runAfterScript(
  deps: StepDeps,
  run: RunScript,
  step: JobStep,
  ending: Ending,
): Promise<void> {
  const { trace, stop } = deps;
  const seconds = step.timeout > 0 ? step.timeout : DEFAULT_AFTER_SCRIPT_SECONDS;
  const signal = AbortSignal.any([stop.everything, AbortSignal.timeout(seconds * 1_000)]);
  trace.sectionStart("after_script", "Running after_script");
  try {
    await runCommands(deps, run, trace, step.script, signal, jobStatus(ending));
  } catch (error) {
    trace.warning(`after_script failed, which leaves the job as it is: ${messageOf(error)}`);
  } finally {
    trace.sectionEnd("after_script");
  }
}

/** Rejects unless all commands succeed before the signal comes. */
async function runCommands(
  deps: StepDeps,
  run: RunScript,
  log: Log,
  commands: readonly string[],
  signal: AbortSignal,
  status?: string,
): Promise<void> {
  const { paths, variables, settings } = deps.context;
  const secrets = variables.list.filter((variable) => variable.confidential);
  const exitCode = await run({
    script: {
      exports:
        status === undefined ? secrets : [...secrets, { key: "CI_JOB_STATUS", value: status }],
      directory: paths.project,
      commands,
    },
    log,
    stop: signal,
    graceMilliseconds: settings.graceMilliseconds,
  });
  signal.throwIfAborted();
  if (exitCode === 0) return;
  const full = await fullDisk([...deps.place.disks(), settings.directory, "/var/lib/docker"]);
  if (full !== undefined) {
    throw fullDiskFailure(` (${full}); the script ended with exit code ${exitCode}`);
  }
  throw new JobFailure("script_failure", `exit code ${exitCode}`, { exitCode });
}
