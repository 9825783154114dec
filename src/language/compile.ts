// Text → plan of jobs, stage by stage; each stage has a file of its own. Findings are values, never exceptions.

import { isSkipped } from "./condition/skip.ts";
import { defined } from "./defined.ts";
import { loadConfiguration } from "./include/include.ts";
import { rememberingReader } from "./include/remember.ts";
import { readConfiguration } from "./jobs/configuration.ts";
import { type DecisionContext, decideJob, type IncludedJob } from "./jobs/decide.ts";
import { expandParallel, type JobInstance } from "./jobs/instances.ts";
import { checkNeeds, createDirectory } from "./jobs/needs.ts";
import { planJobs } from "./jobs/plan-jobs.ts";
import { checkStopJobs } from "./jobs/stop-jobs.ts";
import { decideWorkflow, readWorkflow } from "./jobs/workflow.ts";
import { limits } from "./limits.ts";
import type { CompileResult, PlannedJob } from "./plan.ts";
import { circularVariables } from "./scope/expand.ts";
import { createScope, type Scope } from "./scope/scope.ts";
import type { CompileRequest } from "./source.ts";
import { resolveExtends } from "./tree/extends.ts";
import { child, type MapNode, type Place } from "./tree/node.ts";
import { resolveReferences } from "./tree/reference.ts";
import { createReport, type Report } from "./tree/report.ts";
import type { Variable } from "./variables.ts";

/**
 * Compiles a `.gitlab-ci.yml` for one push as GitLab would (GitLab Docs, "CI/CD YAML syntax reference").
 * Whatever the text says, it answers within about a second; it rejects only when the reader does.
 */
export async function compile(request: CompileRequest): Promise<CompileResult> {
  if (isSkipped(request.facts)) return { status: "skipped", diagnostics: [] };
  const report = createReport();
  const reader = rememberingReader(request.reader);
  const scope = createScope(request);
  const root = await loadConfiguration({ ...request, reader }, scope, report);
  const plan = root && (await planPipeline(root, { ...request, reader }, scope, report));
  const diagnostics = report.diagnostics();
  if (plan === undefined || report.errors() > 0) return { status: "invalid", diagnostics };
  return { ...plan, diagnostics };
}

type Planned =
  | Omit<Extract<CompileResult, { status: "created" }>, "diagnostics">
  | Omit<Extract<CompileResult, { status: "filtered" }>, "diagnostics">;

async function planPipeline(
  written: MapNode,
  request: CompileRequest,
  scope: Scope,
  report: Report,
): Promise<Planned | undefined> {
  const root = resolveReferences(resolveExtends(written, report), report);
  if (report.errors() > 0) return undefined;
  const configuration = readConfiguration(root, report);
  const workflow = readWorkflow(configuration.workflow);
  const instances = expandParallel(configuration.jobs, report, root.place);
  if (instances === undefined || report.errors() > 0) return undefined;
  const directory = createDirectory(instances);
  checkNeeds(configuration.jobs, directory, configuration.stages);
  checkStopJobs(configuration.jobs);
  if (report.errors() > 0) return undefined;

  const world = { facts: request.facts, reader: request.reader };
  const decision = await decideWorkflow(workflow, configuration, scope, world);
  if (!decision.runs) return { status: "filtered", reason: "filtered_by_workflow_rules" };
  checkGlobals(decision.variables, root, scope, report);
  const context = {
    scope,
    world,
    globals: decision.variables,
    hasWorkflowRules: workflow.rules !== undefined,
  };
  if (report.errors() > 0) return undefined;
  const included = await decideJobs(instances.all, context, report, root.place);
  if (included === undefined) return undefined;
  const jobs = inStageOrder(planJobs(included, directory), configuration.stages);
  const runs = jobs.some(({ stage }) => stage !== ".pre" && stage !== ".post");
  if (!runs) return { status: "filtered", reason: "filtered_by_rules" };
  return {
    status: "created",
    plan: {
      stages: usedStages(configuration.stages, jobs),
      jobs,
      autoCancel: decision.autoCancel,
      ...defined({ name: decision.name }),
    },
  };
}

/** Globals that refer to one another in a circle would stop every job. */
function checkGlobals(
  globals: readonly Variable[],
  root: MapNode,
  { overriding }: Scope,
  report: Report,
): void {
  const problem = circularVariables([...globals, ...overriding]);
  if (problem === undefined) return;
  const { place } = child(root, "variables") ?? root;
  report.error("circular-variables", problem, "variables", place);
}

/** The jobs that are in, as long as they stay within what one pipeline may be. */
async function decideJobs(
  instances: readonly JobInstance[],
  context: DecisionContext,
  report: Report,
  place: Place,
): Promise<readonly IncludedJob[] | undefined> {
  const included: IncludedJob[] = [];
  let characters = 0;
  for (const instance of instances) {
    const job = await decideJob(instance, context);
    if (job === undefined) continue;
    included.push(job);
    characters += instance.config.input.node.characters + charactersOf(job.job.variables);
    if (characters > limits.planCharacters) {
      const most = limits.planCharacters.toLocaleString("en");
      const message = `Scripts and variables of all jobs together have more than ${most} characters, the limit.`;
      report.error("limit-exceeded", message, "jobs", place);
      return undefined;
    }
  }
  if (included.length <= limits.pipelineJobs) return included;
  const most = limits.pipelineJobs.toLocaleString("en");
  const message = `The pipeline would have ${included.length.toLocaleString("en")} jobs; the limit is ${most}.`;
  report.error("limit-exceeded", message, "jobs", place);
  return undefined;
}

function charactersOf(variables: readonly Variable[]): number {
  return variables.reduce((sum, { key, value }) => sum + key.length + value.length + 20, 0);
}

/** Jobs of a stage keep the order of the file. */
function inStageOrder(
  jobs: readonly PlannedJob[],
  stages: readonly string[],
): readonly PlannedJob[] {
  return jobs.toSorted((a, b) => stages.indexOf(a.stage) - stages.indexOf(b.stage));
}

function usedStages(stages: readonly string[], jobs: readonly PlannedJob[]): readonly string[] {
  const used = new Set(jobs.map(({ stage }) => stage));
  return stages.filter((stage) => used.has(stage));
}
