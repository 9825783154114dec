import { isWithRunner } from "#pipeline/status.ts";
import type { TokenGrant } from "#store/token-store.ts";
import { type Host, isoNow, type Ports } from "../deps.ts";
import { type JobOfPipeline, readJob } from "../read-job.ts";

type AccessDeps = Pick<Ports, "store"> & Pick<Host, "now">;

export type JobAuthorization =
  | ({ readonly result: "ok" } & JobOfPipeline)
  | { readonly result: "unknown" | "forbidden" };

export type TokenOfJob = JobOfPipeline & { readonly grant: Extract<TokenGrant, { kind: "job" }> };

/**
 * The job that a token was given to, while its runner has it: no door takes a job's token otherwise. However a job
 * ends, by its runner's word or without it, its token is worth nothing from then on, nor is that of an attempt before.
 */
export async function jobOfToken(
  deps: AccessDeps,
  tokenHash: string,
): Promise<TokenOfJob | undefined> {
  const grant = await deps.store.tokens.get(tokenHash, isoNow(deps));
  return grant?.kind === "job" ? jobOfGrant(deps, tokenHash, grant) : undefined;
}

async function jobOfGrant(
  deps: AccessDeps,
  tokenHash: string,
  grant: Extract<TokenGrant, { kind: "job" }>,
): Promise<TokenOfJob | undefined> {
  const found = await readJob(deps, grant.jobId);
  if (found === undefined || !isWithRunner(found.job.status)) return undefined;
  return found.job.tokenHash === tokenHash ? { ...found, grant } : undefined;
}

/** Whether this job token is that job's, and what the job is now. */
export async function authorizeJob(
  deps: AccessDeps & Pick<Host, "hash">,
  jobId: number,
  token: string,
): Promise<JobAuthorization> {
  const found = await jobOfToken(deps, deps.hash(token));
  if (found !== undefined && found.job.id === jobId) return { result: "ok", ...found };
  return { result: (await readJob(deps, jobId)) === undefined ? "unknown" : "forbidden" };
}

/** What a token may do with git and in the registry now. */
export async function grantOfToken(
  deps: AccessDeps,
  tokenHash: string,
): Promise<TokenGrant | undefined> {
  const grant = await deps.store.tokens.get(tokenHash, isoNow(deps));
  if (grant?.kind !== "job") return grant;
  return (await jobOfGrant(deps, tokenHash, grant))?.grant;
}
