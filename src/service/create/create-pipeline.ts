import type { ForgeClient } from "#forge/forge.ts";
import { compile } from "#language/compile.ts";
import type { Diagnostic } from "#language/diagnostic.ts";
import type { PipelineFacts, PipelineSource } from "#language/facts.ts";
import { selectJobs } from "#language/jobs/select-jobs.ts";
import type { CompileResult } from "#language/plan.ts";
import type { Variable } from "#language/variables.ts";
import type { CreateOutcome } from "#pipeline/create-outcome.ts";
import { isCompleted } from "#pipeline/status.ts";
import type { ProjectSettings } from "#project/settings.ts";
import { advanceSoon } from "../advance/advance-pipeline.ts";
import { storePipeline } from "../advance/store-pipeline.ts";
import { configReader } from "../configuration/config-reader.ts";
import { type BuildableEvent, collectFacts, refNameOf } from "../configuration/facts.ts";
import { includeReader } from "../configuration/include-reader.ts";
import { pipelineSettings } from "../configuration/pipeline-settings.ts";
import { compileVariables } from "../configuration/project-variables.ts";
import { type PushOptions, readPushOptions } from "../configuration/push-options.ts";
import { refWarnings } from "../configuration/ref-warnings.ts";
import { tagWarnings } from "../configuration/tag-warnings.ts";
import { type Installation, isoNow, type ServiceDeps } from "../deps.ts";
import { planKey } from "../keys.ts";
import { pipelineUrl } from "../page-urls.ts";
import { claimPipelineId } from "./claim-pipeline.ts";
import { supersedeOlder } from "./supersede.ts";

/** What a person requests in addition to the event. */
export type PipelineWish = {
  readonly source?: PipelineSource;
  readonly variables?: readonly Variable[];
  /** Only these jobs and what they need; none named: all. */
  readonly jobs?: readonly string[];
  /** The id that was claimed for the pipeline before. */
  readonly id?: number;
  /** To be shown with the pipeline. */
  readonly remarks?: readonly Diagnostic[];
};

/**
 * Creates the pipeline of one event exactly once. A second call returns the pipeline of the first. An invalid
 * configuration results in a failed pipeline that says where the error is.
 */
export async function createPipelineFor(
  deps: ServiceDeps,
  forgeName: string,
  event: BuildableEvent,
  wish: PipelineWish = {},
): Promise<CreateOutcome> {
  const key = { forge: forgeName, project: event.project.path };
  const settings = await deps.settings(key);
  const forge = deps.forges.get(forgeName);
  if (settings === undefined || forge === undefined) {
    return { result: "nothing", why: "the project is no longer connected" };
  }
  const client = forge.client(event.project.path);
  const collected = await collectFacts(deps, settings, client, event);
  if (collected === undefined)
    return { result: "nothing", why: `${event.sha} is not in the repository any more` };
  const facts = { ...collected, source: wish.source ?? collected.source };
  const options = optionsOf(event, wish);
  // Conditions may use the number, so a pipeline that is not created still uses up its number, as on GitLab.
  const iid = await deps.store.pipelines.nextIid(event.project.path);
  const [compiled, warnings] = await Promise.all([
    readAndCompile(deps, { settings, client, facts, iid, event, options, jobs: wish.jobs ?? [] }),
    refWarnings(client, facts),
  ]);
  if ("why" in compiled) return { result: "nothing", why: compiled.why };

  const id = wish.id ?? (await claimPipelineId(deps, forgeName, event));
  const existing = await deps.store.pipelines.get(id);
  const url = pipelineUrl(facts, id);
  if (existing !== undefined) {
    // The process that stored the pipeline may have died before the first look or before canceling older pipelines.
    if (!isCompleted(existing.value.status)) {
      await advanceSoon(deps, id, [{ type: "look" }]);
      await supersedeOlder(deps, existing.value);
    }
    return { result: "created", pipelineId: id, url, status: existing.value.status };
  }
  if (compiled.status === "created") {
    await deps.blobs.put(planKey(id), new TextEncoder().encode(JSON.stringify(compiled.plan)));
  }
  const pipeline = await storePipeline(deps, {
    id,
    iid,
    ...key,
    facts,
    settings: pipelineSettings(settings),
    ...(compiled.status === "created"
      ? {
          plan: compiled.plan,
          diagnostics: [
            ...warnings,
            ...tagWarnings(settings, compiled.plan),
            ...compiled.diagnostics,
            ...(wish.remarks ?? []),
          ],
        }
      : {
          status: compiled.status === "skipped" ? "skipped" : "failed",
          diagnostics: compiled.diagnostics,
        }),
    variables: options.variables,
  });
  deps.log("info", "pipeline created", {
    pipeline: id,
    project: event.project.path,
    status: pipeline.status,
  });
  await deps.store.projects.ensure(key, isoNow(deps));
  await advanceSoon(deps, id, [{ type: "look" }]);
  await supersedeOlder(deps, pipeline);
  return { result: "created", pipelineId: id, url, status: pipeline.status };
}

function optionsOf(event: BuildableEvent, wish: PipelineWish): PushOptions {
  const options = readPushOptions(event.kind === "merge_request" ? [] : event.pushOptions);
  return { ...options, variables: [...options.variables, ...(wish.variables ?? [])] };
}

type Compiled = Exclude<CompileResult, { status: "filtered" }>;

type Wanted = {
  readonly settings: ProjectSettings;
  readonly client: ForgeClient;
  readonly facts: PipelineFacts;
  readonly iid: number;
  readonly event: BuildableEvent;
  readonly options: PushOptions;
  readonly jobs: readonly string[];
};

async function readAndCompile(
  deps: ServiceDeps,
  { settings, client, facts, iid, event, options, jobs }: Wanted,
): Promise<Compiled | { readonly why: string }> {
  if (options.skip) return { status: "skipped", diagnostics: [skippedByOption] };
  const config = await readConfig(deps, settings, client, event.sha);
  if (config === undefined) {
    return {
      why: `the repository has no ${settings.configPath} and no Dockerfile, so there is nothing to run`,
    };
  }
  const result = await compile({
    ...config,
    facts,
    iid,
    pipelineVariables: options.variables,
    projectVariables: await compileVariables(deps, settings, facts),
    reader: configReader(client, facts, includeReader(deps, settings.forge, facts)),
    inputs: options.inputs,
  });
  if (result.status === "created" && jobs.length > 0) {
    const selected = selectJobs(result.plan, jobs);
    return "plan" in selected
      ? { ...result, plan: selected.plan }
      : { why: unknownJobs(selected.unknown, result.plan.jobs) };
  }
  if (result.status !== "filtered") return result;
  return {
    why:
      result.reason === "filtered_by_workflow_rules"
        ? `workflow:rules of ${config.file} let no pipeline run for ${refNameOf(event)}`
        : `no job of ${config.file} is meant for ${refNameOf(event)}`,
  };
}

function unknownJobs(
  unknown: readonly string[],
  jobs: readonly { readonly name: string }[],
): string {
  const known = jobs.map(({ name }) => name).join(", ");
  return `this pipeline has no job ${unknown.join(", ")}; it has ${known}`;
}

const skippedByOption: Diagnostic = {
  severity: "warning",
  code: "skipped",
  message: "Skipped by the push option ci.skip.",
  path: "",
  file: "",
};

async function readConfig(
  deps: Pick<Installation, "builtInPipeline">,
  settings: ProjectSettings,
  client: ForgeClient,
  sha: string,
): Promise<{ readonly text: string; readonly file: string } | undefined> {
  const text = await client.readFile(sha, settings.configPath);
  if (text !== undefined) return { text, file: settings.configPath };
  const dockerfile = await client.readFile(sha, "Dockerfile");
  return dockerfile === undefined
    ? undefined
    : { text: deps.builtInPipeline, file: "Dockerfile.gitlab-ci.yml (built in)" };
}
