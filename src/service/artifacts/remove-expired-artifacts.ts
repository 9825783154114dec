import { historyRefOf } from "#pipeline/history-ref.ts";
import { pipelineIdOfJob } from "#pipeline/jobs.ts";
import type { Pipeline } from "#pipeline/pipeline.ts";
import { isCompleted } from "#pipeline/status.ts";
import { advanceSoon } from "../advance/advance-pipeline.ts";
import { isoNow, type Ports, type ServiceDeps } from "../deps.ts";
import { eachUntil } from "../each-until.ts";
import { artifactKey } from "../keys.ts";
import { readJob } from "../read-job.ts";
import {
  type ExpiryMark,
  expiryKeysEnd,
  expiryPrefix,
  markExpiry,
  parseExpiryKey,
} from "./artifact-expiry.ts";

/** An artifact that is kept beyond its expiry is checked again after this time. */
const keptMilliseconds = 3_600_000;
/** How many pipelines of a ref are searched for the last successful one. */
const searchedPipelines = 50;

/**
 * Removes expired artifacts. Artifacts of a ref's latest successful pipeline are kept until there is a newer one, and
 * those of an unfinished pipeline until it is finished (GitLab Docs, "Keep artifacts from most recent successful jobs").
 * Safe to run at any time, also twice at the same time. Artifacts that are not checked by `until` (epoch milliseconds)
 * are left to the next run.
 */
export async function removeExpiredArtifacts(
  deps: ServiceDeps,
  options: { readonly until?: number } = {},
): Promise<void> {
  const now = isoNow(deps);
  const keys = await deps.blobs.list(expiryPrefix, { before: expiryKeysEnd(now) });
  const due = keys.flatMap((key) => {
    const mark = parseExpiryKey(key);
    return mark === undefined ? [] : [{ key, mark }];
  });
  await eachUntil(due, { ...options, now: deps.now }, async ({ key, mark }) => {
    if (await isKept(deps, mark)) {
      const at = new Date(deps.now() + keptMilliseconds).toISOString();
      await markExpiry(deps, { ...mark, at });
    } else {
      await remove(deps, mark, now);
    }
    await deps.blobs.delete(key);
  });
}

async function remove(deps: ServiceDeps, mark: ExpiryMark, now: string): Promise<void> {
  const pipelineId = pipelineIdOfJob(mark.jobId);
  const artifact = await artifactOf(deps, mark);
  // The artifact was uploaded again after this mark was made, so the newer expiry counts, which may be never.
  if (artifact !== undefined && (artifact.expireAt === undefined || artifact.expireAt > now))
    return;
  await advanceSoon(deps, pipelineId, [
    { type: "artifacts_removed", jobId: mark.jobId, artifactType: mark.type },
  ]);
  await deps.blobs.delete(artifactKey(mark.jobId, mark.type));
}

async function artifactOf(deps: Pick<Ports, "store">, mark: ExpiryMark) {
  const found = await readJob(deps, mark.jobId);
  return found?.job.artifacts?.find(({ type }) => type === mark.type);
}

async function isKept(deps: Pick<Ports, "store">, mark: ExpiryMark): Promise<boolean> {
  const stored = await deps.store.pipelines.get(pipelineIdOfJob(mark.jobId));
  if (stored === undefined) return false;
  const pipeline = stored.value;
  if (!isCompleted(pipeline.status)) return true;
  return (await isLatestSuccess(deps, pipeline)) && (await refExists(deps, pipeline));
}

/** The status is read from the pipeline itself, because a list may lag behind. */
async function isLatestSuccess(deps: Pick<Ports, "store">, pipeline: Pipeline): Promise<boolean> {
  if (pipeline.status !== "success") return false;
  const recent = await deps.store.pipelines.list({
    project: pipeline.project,
    ref: historyRefOf(pipeline.facts),
    limit: searchedPipelines,
  });
  return !recent.some(({ id, status }) => id > pipeline.id && status === "success");
}

/** A deleted ref keeps no artifacts. A ref without any recorded push is assumed to exist. */
async function refExists(deps: Pick<Ports, "store">, pipeline: Pipeline): Promise<boolean> {
  const { kind, name } = pipeline.facts.ref;
  const ref = `refs/${kind === "tag" ? "tags" : "heads"}/${name}`;
  if ((await deps.store.projects.seenRef(pipeline, ref)) !== undefined) return true;
  return Object.keys(await deps.store.projects.seenRefs(pipeline)).length === 0;
}
