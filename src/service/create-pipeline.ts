import type { ForgeClient } from "#forge/forge.ts";
import { compile } from "#language/compile.ts";
import type { Diagnostic } from "#language/diagnostic.ts";
import type { PipelineFacts } from "#language/facts.ts";
import type { CompileResult } from "#language/plan.ts";
import { createPipeline } from "#pipeline/create-pipeline.ts";
import type { ProjectSettings } from "#project/settings.ts";
import { advancePipeline } from "./advance-pipeline.ts";
import { configReader } from "./config-reader.ts";
import { isoNow, type ServiceDeps } from "./deps.ts";
import { type BuildableEvent, collectFacts, refNameOf } from "./facts.ts";
import { pipelineUrl, planKey } from "./keys.ts";
import { pipelineSettings } from "./pipeline-settings.ts";
import { projectVariables } from "./project-variables.ts";
import { readPushOptions } from "./push-options.ts";
import { refWarnings } from "./ref-warnings.ts";
import { supersedeOlder } from "./supersede.ts";

export type CreateOutcome =
  | {
      readonly result: "created";
      readonly pipelineId: number;
      readonly url: string;
      readonly status: string;
    }
  | { readonly result: "nothing"; readonly why: string };

/**
 * Creates the pipeline of one event, exactly once: who comes second is given the first one's. A wrong
 * configuration becomes a failed pipeline that says where it is wrong.
 */
export async function createPipelineFor(
  deps: ServiceDeps,
  forgeName: string,
  event: BuildableEvent,
): Promise<CreateOutcome> {
  const settings = await deps.settings(forgeName, event.project.path);
  const forge = deps.forges.get(forgeName);
  if (settings === undefined || forge === undefined) {
    return { result: "nothing", why: "the project is no longer connected" };
  }
  const client = forge.client(event.project.path);
  const facts = await collectFacts(deps, settings, client, event);
  if (facts === undefined)
    return { result: "nothing", why: `${event.sha} is not in the repository any more` };
  const [compiled, warnings] = await Promise.all([
    readAndCompile(deps, settings, client, facts, event),
    refWarnings(client, facts),
  ]);
  if ("why" in compiled) return { result: "nothing", why: compiled.why };

  const id = await claimPipelineId(deps, forgeName, event);
  const existing = await deps.store.pipelines.get(id);
  const url = pipelineUrl(facts.project.url, id);
  if (existing !== undefined) {
    return { result: "created", pipelineId: id, url, status: existing.value.status };
  }
  if (compiled.status === "created") {
    await deps.blobs.put(planKey(id), new TextEncoder().encode(JSON.stringify(compiled.plan)));
  }
  const options = readPushOptions(event.kind === "merge_request" ? [] : event.pushOptions);
  const pipeline = createPipeline(
    {
      id,
      iid: await deps.store.pipelines.nextIid(event.project.path),
      forge: forgeName,
      project: event.project.path,
      facts,
      settings: pipelineSettings(settings),
      ...(compiled.status === "created"
        ? { plan: compiled.plan, diagnostics: [...warnings, ...compiled.diagnostics] }
        : {
            status: compiled.status === "skipped" ? "skipped" : "failed",
            diagnostics: compiled.diagnostics,
          }),
      variables: options.variables,
    },
    isoNow(deps),
  );
  await deps.store.pipelines.create(pipeline);
  deps.log("info", "pipeline created", {
    pipeline: id,
    project: event.project.path,
    status: pipeline.status,
  });
  await deps.store.projects.setDefaultBranch(
    forgeName,
    event.project.path,
    facts.project.defaultBranch,
  );
  await advancePipeline(deps, id, [{ type: "look" }]);
  await supersedeOlder(deps, pipeline);
  return { result: "created", pipelineId: id, url, status: pipeline.status };
}

type Compiled = Exclude<CompileResult, { status: "filtered" }>;

async function readAndCompile(
  deps: ServiceDeps,
  settings: ProjectSettings,
  client: ForgeClient,
  facts: PipelineFacts,
  event: BuildableEvent,
): Promise<Compiled | { readonly why: string }> {
  const options = readPushOptions(event.kind === "merge_request" ? [] : event.pushOptions);
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
    pipelineVariables: options.variables,
    projectVariables: await projectVariables(deps, settings, { protectedRef: facts.ref.protected }),
    reader: configReader(client, facts),
    inputs: options.inputs,
  });
  if (result.status !== "filtered") return result;
  return {
    why:
      result.reason === "filtered_by_workflow_rules"
        ? `workflow:rules of ${config.file} let no pipeline run for ${refNameOf(event)}`
        : `no job of ${config.file} is meant for ${refNameOf(event)}`,
  };
}

const skippedByOption: Diagnostic = {
  severity: "warning",
  code: "skipped",
  message: "Skipped by the push option ci.skip.",
  path: "",
  file: "",
};

async function readConfig(
  deps: ServiceDeps,
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

/**
 * The key says what the pipeline is for, together with the newest pipeline of the ref that was for
 * another commit: so the same push told twice is one pipeline, and going back to an old commit a new one.
 */
async function claimPipelineId(
  deps: ServiceDeps,
  forgeName: string,
  event: BuildableEvent,
): Promise<number> {
  const recent = await deps.store.pipelines.list({
    project: event.project.path,
    ref: refNameOf(event),
    limit: 20,
  });
  const previous = recent.find((pipeline) => pipeline.sha !== event.sha);
  const key = [
    forgeName,
    event.project.path,
    event.kind,
    event.ref,
    event.before,
    event.sha,
    previous?.id ?? 0,
    ...(event.kind === "merge_request"
      ? [event.mergeRequest.iid, event.mergeRequest.targetSha]
      : []),
  ].join("\n");
  return deps.store.pipelines.claim(deps.hash(key), await deps.store.pipelines.nextId());
}
