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

/** Longer than one holder tells: nothing is begun after half of it, and no request takes the other half. */
const turnMilliseconds = 120_000;

/** More rounds than this in a row are left to the next look. */
const maxRounds = 20;

/**
 * Sees to it that the forge is told how the pipeline is. Nobody waits for it: what could not be told now is
 * told by a later look.
 */
export async function postStatus(
  deps: ServiceDeps,
  pipeline: Pipeline,
): Promise<readonly PipelineEvent[]> {
  await deps.defer(() => tellForge(deps, pipeline.id));
  return [];
}

/**
 * Tells the forge whatever it does not know yet, as the pipeline is now and not as it was when somebody asked
 * for it. One teller at a time: so a forge never hears something older after something newer, whoever is
 * slow, is repeated or comes late.
 */
async function tellForge(deps: ServiceDeps, pipelineId: number): Promise<void> {
  for (let round = 0; round < maxRounds; round++) {
    const stored = await deps.store.pipelines.get(pipelineId);
    if (stored === undefined || untoldReports(stored.value).length === 0) return;
    const holder = deps.randomToken();
    const until = deps.now() + turnMilliseconds;
    const turn = await deps.store.statusTurns.take(pipelineId, holder, { now: deps.now(), until });
    // Whoever has the turn looks again after giving it back.
    if (turn === undefined) return;
    const told = await tellInTurn(deps, pipelineId, until - turnMilliseconds / 2);
    if (told instanceof ForgeError) {
      await pause(deps, pipelineId, holder, turn.failures + 1, told);
      return;
    }
    await deps.store.statusTurns.give(pipelineId, holder);
  }
}

/** Tells and saves that it did, before anybody else may tell. Gives the failure that more tries may mend. */
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
  // Something else was due as well: whoever looks at the pipeline carries it out.
  if (applied?.commands.some(({ type }) => type !== "post_status"))
    await deps.queue.send({ type: "pipeline", pipelineId });
  return failure;
}

type Posted = Extract<PipelineEvent, { type: "status_posted" }>;

/** A forge that refuses for good is not asked again for the same state. */
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

/** All statuses of a commit belong into one pipeline of the forge's. */
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
