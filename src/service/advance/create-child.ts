import { ForgeError } from "#forge/forge.ts";
import { compile } from "#language/compile.ts";
import { type Diagnostic, placeText } from "#language/diagnostic.ts";
import type { PipelineFacts } from "#language/facts.ts";
import type { CompileResult, PlannedJob } from "#language/plan.ts";
import { downstreamVariables } from "#language/scope/downstream-variables.ts";
import type { Variable } from "#language/variables.ts";
import type { PipelineEvent } from "#pipeline/event.ts";
import { findJob } from "#pipeline/jobs.ts";
import type { FailureReason, Job, Pipeline } from "#pipeline/pipeline.ts";
import type { ProjectSettings } from "#project/settings.ts";
import { configReader } from "../configuration/config-reader.ts";
import { dotenvFor } from "../configuration/dotenv.ts";
import { includeReader } from "../configuration/include-reader.ts";
import { pipelineIdentity } from "../configuration/pipeline-identity.ts";
import { pipelineSettings } from "../configuration/pipeline-settings.ts";
import { compileVariables } from "../configuration/project-variables.ts";
import { readArtifactFile } from "../configuration/read-artifact-file.ts";
import { tagWarnings } from "../configuration/tag-warnings.ts";
import type { Host, Ports, ServiceDeps } from "../deps.ts";
import { planKey } from "../keys.ts";
import { readPlan } from "../read-plan.ts";
import { storePipeline } from "./store-pipeline.ts";

/** Child pipelines may have children, and those none (GitLab Docs, "Downstream pipelines"). */
const deepest = 2;

/**
 * Creates the child pipeline of a trigger job exactly once: the job's id is the claim. If the child cannot be created, the
 * answer has the reason. If the forge is unavailable, the next look tries again.
 */
export async function createChild(
  deps: ServiceDeps,
  parent: Pipeline,
  jobId: number,
): Promise<readonly PipelineEvent[]> {
  const job = findJob(parent, jobId);
  if (job === undefined) return [];
  try {
    const answer = await makeChild(deps, parent, job);
    return [
      "id" in answer
        ? { type: "child_created", jobId, childPipelineId: answer.id }
        : { type: "child_refused", jobId, ...answer },
    ];
  } catch (error) {
    const refused = error instanceof ForgeError && !error.retryable;
    deps.log("warn", "a child pipeline could not be made yet", {
      pipeline: parent.id,
      job: jobId,
      cause: String(error),
    });
    return refused ? [{ type: "child_refused", jobId, ...refusal(error.message) }] : [];
  }
}

type Refusal = { readonly failureReason: FailureReason; readonly message: string };

type Made = { readonly id: number } | Refusal;

function refusal(message: string): Refusal {
  return { failureReason: "downstream_pipeline_creation_failed", message };
}

async function makeChild(deps: ServiceDeps, parent: Pipeline, job: Job): Promise<Made> {
  if (await isTooDeep(deps, parent)) {
    return {
      failureReason: "reached_max_descendant_pipelines_depth",
      message: `A child pipeline of a child pipeline cannot start another one: the limit is ${deepest} levels.`,
    };
  }
  const settings = await deps.settings(parent);
  const plan = await readPlan(deps, parent.id);
  const planned = plan.jobs[job.planIndex];
  if (settings === undefined || planned?.trigger === undefined) {
    return refusal("The project was disconnected while the pipeline ran.");
  }
  const variables = downstreamVariables({
    facts: parent.facts,
    identity: pipelineIdentity(parent),
    job: planned,
    dotenv: dotenvFor(parent, planned),
    pipelineVariables: parent.variables,
    manualVariables: job.playedBy?.variables ?? [],
  });
  if ("error" in variables) return refusal(variables.error);
  const { pipelines } = deps.store;
  const id = await pipelines.claim(deps.hash(`child of job\n${job.id}`), await pipelines.nextId());
  const existing = await pipelines.get(id);
  if (existing !== undefined) return made(existing.value);
  // Conditions may use the number, so two processes that create the child at the same time must use the same one.
  const iid = await pipelines.claim(
    deps.hash(`iid of child of job\n${job.id}`),
    await pipelines.nextIid(parent.project),
  );
  const facts: PipelineFacts = { ...parent.facts, source: "parent_pipeline" };
  const child = { parent, job, iid, facts, settings, variables: variables.variables };
  const compiled = await compileChild(deps, child, planned);
  return compiled.status === "created" ? store(deps, id, child, compiled) : refused(job, compiled);
}

type Child = {
  readonly parent: Pipeline;
  readonly job: Job;
  readonly iid: number;
  readonly facts: PipelineFacts;
  readonly settings: ProjectSettings;
  readonly variables: readonly Variable[];
};

/** The files of `trigger:include` are included by a configuration that holds nothing else, as in GitLab. */
async function compileChild(
  deps: ServiceDeps,
  { parent, job, iid, facts, settings, variables }: Child,
  planned: PlannedJob,
): Promise<CompileResult> {
  const forge = deps.forges.get(parent.forge);
  if (forge === undefined) throw new Error(`There is no forge "${parent.forge}" any more.`);
  return compile({
    text: JSON.stringify({ include: planned.trigger?.include ?? [] }),
    file: `trigger of ${job.name}`,
    facts,
    iid,
    pipelineVariables: variables,
    projectVariables: await compileVariables(deps, settings, facts),
    reader: {
      ...configReader(
        forge.client(parent.project),
        facts,
        includeReader(deps, parent.forge, facts),
      ),
      artifact: (name, path) => readArtifactFile(deps, parent, name, path),
    },
  });
}

async function store(
  deps: Pick<Ports, "store" | "blobs" | "queue"> & Pick<Host, "now" | "log">,
  id: number,
  { parent, job, iid, facts, settings, variables }: Child,
  compiled: Extract<CompileResult, { status: "created" }>,
): Promise<Made> {
  await deps.blobs.put(planKey(id), new TextEncoder().encode(JSON.stringify(compiled.plan)));
  const pipeline = await storePipeline(deps, {
    id,
    iid,
    forge: parent.forge,
    project: parent.project,
    facts,
    settings: pipelineSettings(settings),
    plan: compiled.plan,
    diagnostics: [...tagWarnings(settings, compiled.plan), ...compiled.diagnostics],
    variables,
    parent: { pipelineId: parent.id, jobId: job.id },
  });
  deps.log("info", "child pipeline created", { pipeline: id, parent: parent.id, job: job.id });
  await deps.queue.send({ type: "pipeline", pipelineId: id });
  return made(pipeline);
}

/** A pipeline without jobs was too large to be stored with its jobs. */
function made({ id, jobs, diagnostics }: Pipeline): Made {
  return jobs.length > 0 ? { id } : refusal(diagnostics.map(({ message }) => message).join("\n"));
}

function refused({ name }: Job, result: CompileResult): Refusal {
  if (result.status === "filtered") {
    return refusal(
      result.reason === "filtered_by_workflow_rules"
        ? `workflow:rules of the child pipeline of ${name} do not let it run.`
        : `No job of the child pipeline of ${name} is meant for this ref.`,
    );
  }
  return refusal(result.diagnostics.filter(isError).map(described).join("\n"));
}

function isError({ severity }: Diagnostic): boolean {
  return severity === "error";
}

function described(diagnostic: Diagnostic): string {
  return `${placeText(diagnostic)}${diagnostic.message}`;
}

async function isTooDeep(deps: Pick<Ports, "store">, parent: Pipeline): Promise<boolean> {
  let pipeline = parent;
  for (let level = 1; level <= deepest; level++) {
    if (pipeline.parent === undefined) return false;
    const above = await deps.store.pipelines.get(pipeline.parent.pipelineId);
    if (above === undefined) return false;
    pipeline = above.value;
  }
  return true;
}
