import { isCompleted } from "#pipeline/status.ts";
import { type Host, isoNow, type Ports } from "../deps.ts";
import { type JobOfPipeline, readJob } from "../read-job.ts";

export type JobAuthorization =
  | ({ readonly result: "ok" } & JobOfPipeline)
  | { readonly result: "unknown" | "forbidden" };

/** Whether this job token is that job's, and what the job is now. A finished job's token is forbidden. */
export async function authorizeJob(
  deps: Pick<Ports, "store"> & Pick<Host, "now" | "hash">,
  jobId: number,
  token: string,
): Promise<JobAuthorization> {
  const [grant, found] = await Promise.all([
    deps.store.tokens.get(deps.hash(token), isoNow(deps)),
    readJob(deps, jobId),
  ]);
  if (found === undefined) return { result: "unknown" };
  if (grant?.kind !== "job" || grant.jobId !== jobId) return { result: "forbidden" };
  // Ended without its runner's word: canceled, out of time, its environment gone.
  if (isCompleted(found.job.status)) return { result: "forbidden" };
  return { result: "ok", ...found };
}
