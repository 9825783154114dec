import { type CommitStatus, ForgeError } from "#forge/forge.ts";
import { defined } from "#language/defined.ts";
import { coverageOf } from "#pipeline/coverage.ts";
import type { PipelineEvent } from "#pipeline/event.ts";
import type { Pipeline, Report } from "#pipeline/pipeline.ts";
import { noteReported, untoldReports } from "#pipeline/report.ts";
import { type Host, isoNow, type Ports, type ServiceDeps } from "../deps.ts";
import { jobUrl, pipelineUrl } from "../page-urls.ts";
import { applyEvents } from "./apply-events.ts";
import { statusPause } from "./status-pause.ts";
import { statusRun } from "./status-run.ts";

/** How long one process may post statuses. It begins nothing after half of this time, and no request takes the other half. */
const turnMilliseconds = 120_000;

/** After this many rounds, the rest is left to the next look. */
const maxRounds = 20;

/**
 * Posts the pipeline's statuses to the forge. No caller waits for this: a status that cannot be posted now is posted
 * by a later look.
 */
export async function postStatus(
  deps: ServiceDeps,
  pipeline: Pipeline,
): Promise<readonly PipelineEvent[]> {
  await deps.defer(() => tellForge(deps, pipeline.id));
  return [];
}

/**
 * Posts every status that the forge does not have yet, from the pipeline's current state. Only one process posts for a
 * pipeline at a time, so an older status never follows a newer one, even if a process is slow or a message is repeated.
 */
async function tellForge(deps: ServiceDeps, pipelineId: number): Promise<void> {
  for (let round = 0; round < maxRounds; round++) {
    const stored = await deps.store.pipelines.get(pipelineId);
    if (stored === undefined || untoldReports(stored.value).length === 0) return;
    const holder = deps.randomToken();
    const until = deps.now() + turnMilliseconds;
    const turn = await deps.store.statusTurns.take(pipelineId, holder, { now: deps.now(), until });
    // The process that holds the turn checks again after releasing it.
    if (turn === undefined) return;
    const told = await tellInTurn(deps, pipelineId, until - turnMilliseconds / 2);
    if (told instanceof ForgeError) {
      await pause(deps, pipelineId, holder, turn.failures + 1, told);
      return;
    }
    await deps.store.statusTurns.give(pipelineId, holder);
  }
}

/** Posts the statuses and records that they were posted, while holding the turn. Returns a failure that may be retried. */
async function tellInTurn(
  deps: ServiceDeps,
  pipelineId: number,
  until: number,
): Promise<ForgeError | undefined> {
  const stored = await deps.store.pipelines.get(pipelineId);
  if (stored === undefined) return undefined;
  let known = stored.value;
  const posted: PipelineEvent[] = [];
  let failure: ForgeError | undefined;
  for (const report of untoldReports(known)) {
    if (deps.now() > until) break;
    const outcome = await tellOne(deps, known, report);
    if (outcome instanceof ForgeError) {
      failure = outcome;
      break;
    }
    posted.push(outcome);
    known = noteReported(known, outcome, isoNow(deps));
  }
  const applied = await applyEvents(deps, pipelineId, posted);
  // Other commands are carried out by the next look at the pipeline.
  if (applied?.commands.some(({ type }) => type !== "post_status"))
    await deps.queue.send({ type: "pipeline", pipelineId });
  return failure;
}

type Posted = Extract<PipelineEvent, { type: "status_posted" }>;

/** After a permanent refusal, the same state is not posted again. */
async function tellOne(
  deps: Pick<Ports, "forges"> & Pick<Host, "log">,
  pipeline: Pipeline,
  report: Report,
): Promise<Posted | ForgeError> {
  const forge = deps.forges.get(pipeline.forge);
  const { context, state, description } = report;
  const posted: Posted = { type: "status_posted", context, state, description };
  if (forge === undefined) return posted;
  const forgePipelineId = keptId(pipeline, context);
  const coverage = coverageOf(pipeline);
  try {
    const answer = await forge.client(pipeline.project).postStatus({
      sha: pipeline.facts.commit.sha,
      ref: pipeline.facts.ref.name,
      context,
      state,
      description,
      targetUrl:
        report.jobId === undefined
          ? pipelineUrl(pipeline.facts, pipeline.id)
          : jobUrl(pipeline.facts, report.jobId),
      ...(coverage === undefined || report.jobId !== undefined ? {} : { coverage }),
      ...defined({ forgePipelineId }),
      run: statusRun(pipeline, report),
      ...forkOf(pipeline),
    });
    return { ...posted, ...answer };
  } catch (error) {
    if (!(error instanceof ForgeError)) throw error;
    deps.log("warn", "the commit status could not be posted", {
      pipeline: pipeline.id,
      context,
      state,
      retryable: error.retryable,
      cause: error.message,
    });
    return error.retryable ? error : posted;
  }
}

/** All statuses of a commit have to belong to the same pipeline at the forge. */
function keptId({ reported }: Pipeline, context: string): number | undefined {
  const own = reported.find((told) => told.context === context)?.forgePipelineId;
  return own ?? reported.find((told) => told.forgePipelineId !== undefined)?.forgePipelineId;
}

async function pause(
  deps: Pick<Ports, "store" | "queue"> & Pick<Host, "now">,
  pipelineId: number,
  holder: string,
  failures: number,
  error: ForgeError,
): Promise<void> {
  const milliseconds = statusPause(error, failures);
  const pausedUntil = deps.now() + milliseconds;
  await deps.store.statusTurns.give(pipelineId, holder, { failures, pausedUntil });
  const delaySeconds = Math.ceil(milliseconds / 1000);
  await deps.queue.send({ type: "pipeline", pipelineId }, { delaySeconds });
}

function forkOf({ facts }: Pipeline): Pick<CommitStatus, "fork"> {
  const request = facts.mergeRequest;
  if (request?.fork !== true) return {};
  return {
    fork: { sourceProjectId: request.sourceProjectId, mergeRequestIid: request.iid },
  };
}
