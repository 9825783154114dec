import { isWithRunner } from "#pipeline/status.ts";
import type { TokenGrant } from "#store/token-store.ts";
import { type Host, isoNow, type Ports } from "../deps.ts";
import { readJob } from "../read-job.ts";

/** What a token may do in the registry now: a job's only while that job runs. */
export async function registryGrant(
  deps: Pick<Ports, "store"> & Pick<Host, "now">,
  tokenHash: string,
): Promise<TokenGrant | undefined> {
  const grant = await deps.store.tokens.get(tokenHash, isoNow(deps));
  if (grant?.kind !== "job") return grant;
  const job = (await readJob(deps, grant.jobId))?.job;
  const runs = job !== undefined && isWithRunner(job.status);
  return runs && job.tokenHash === tokenHash ? grant : undefined;
}
