import { historyRefOf } from "#pipeline/history-ref.ts";
import type { Pipeline } from "#pipeline/pipeline.ts";
import { isCompleted } from "#pipeline/status.ts";
import type { PipelineSummary } from "#store/pipeline-store.ts";
import { advancePipeline } from "../advance/advance-pipeline.ts";
import type { Ports, ServiceDeps } from "../deps.ts";

const weekMilliseconds = 7 * 24 * 3600 * 1000;

/** Child pipelines count as well. */
const mostOlder = 200;

/**
 * GitLab Docs, "Auto-cancel redundant pipelines": older pipelines of the same ref, or merge request, and another commit, not
 * older than a week, are told; what that cancels is decided by their own `workflow:auto_cancel`.
 */
export async function supersedeOlder(deps: ServiceDeps, pipeline: Pipeline): Promise<void> {
  if (pipeline.jobs.length === 0 || pipeline.facts.ref.kind !== "branch") return;
  const historyRef = historyRefOf(pipeline.facts);
  const listed = await deps.store.pipelines.list({
    project: pipeline.project,
    ref: historyRef,
    limit: mostOlder,
    before: pipeline.id,
  });
  const older = [...listed, ...(await notListed(deps, pipeline, historyRef, listed))];
  for (const candidate of older) {
    const tooOld =
      Date.parse(pipeline.createdAt) - Date.parse(candidate.createdAt) > weekMilliseconds;
    if (isCompleted(candidate.status) || candidate.sha === pipeline.facts.commit.sha || tooOld)
      continue;
    await advancePipeline(deps, candidate.id, [{ type: "superseded", byPipelineId: pipeline.id }]);
  }
}

type Older = Pick<PipelineSummary, "id" | "status" | "createdAt" | "sha">;

/** Lists lag behind, and the push before this one may be a second old. */
async function notListed(
  deps: Pick<Ports, "store">,
  pipeline: Pipeline,
  historyRef: string,
  listed: readonly PipelineSummary[],
): Promise<readonly Older[]> {
  const noted = await deps.store.refHistories.read(pipeline.project, historyRef);
  const missing = noted.filter(
    ({ pipelineId }) =>
      pipelineId < pipeline.id && !listed.some((candidate) => candidate.id === pipelineId),
  );
  const stored = await Promise.all(
    missing.map(({ pipelineId }) => deps.store.pipelines.get(pipelineId)),
  );
  return stored.flatMap((found) =>
    found === undefined ? [] : [{ ...found.value, sha: found.value.facts.commit.sha }],
  );
}
