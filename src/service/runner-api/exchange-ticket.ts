import { defined } from "#language/defined.ts";
import { findEnvironment } from "#pipeline/availability.ts";
import type { TicketExchange } from "#runner/protocol.ts";
import type { TokenGrant } from "#store/token-store.ts";
import { advanceSoon } from "../advance/advance-pipeline.ts";
import { type Host, isoNow, type Ports, type ServiceDeps } from "../deps.ts";
import { accessOf } from "../environment/environment-ref.ts";

const idleTimeoutSeconds = 60;
const dayMilliseconds = 24 * 3600 * 1000;

/** The ticket was offered by another caller than its own environment. The message names the caller. */
export class WrongCallerError extends Error {
  override readonly name = "WrongCallerError";
}

/**
 * Exchanges a ticket for the environment token, once. A second exchange means that the ticket leaked: it is refused and
 * recorded, and ends the environment. If environments can prove their identity (`caller`), only the ticket's own
 * environment is answered. Other callers are refused and recorded with WrongCallerError and do not use the ticket up.
 */
export async function exchangeTicket(
  deps: ServiceDeps,
  ticket: string,
  caller?: string,
): Promise<TicketExchange | "refused"> {
  const now = isoNow(deps);
  const hash = deps.hash(ticket);
  const problem = await callerProblem(deps, await deps.store.tokens.get(hash, now), caller);
  if (problem !== undefined) throw new WrongCallerError(problem);
  const grant = await deps.store.tokens.spend(hash, now);
  if (grant === "unknown") return "refused";
  if (grant.kind === "spent") {
    await endEnvironmentOf(deps, grant.grant);
    return "refused";
  }
  if (grant.kind !== "ticket") return "refused";
  const token = deps.randomToken();
  await deps.store.tokens.put(deps.hash(token), {
    kind: "environment",
    environmentId: grant.environmentId,
    pipelineId: grant.pipelineId,
    expiresAt: new Date(deps.now() + dayMilliseconds).toISOString(),
  });
  await advanceSoon(deps, grant.pipelineId, [
    { type: "environment_running", environmentId: grant.environmentId },
  ]);
  return { token, environment_id: grant.environmentId, idle_timeout: idleTimeoutSeconds };
}

async function endEnvironmentOf(deps: ServiceDeps, spent: TokenGrant): Promise<void> {
  if (spent?.kind !== "ticket") return;
  const { environmentId, pipelineId } = spent;
  const problem = "its ticket was offered a second time";
  deps.log("error", "a ticket was offered a second time: its environment is ended", {
    pipeline: pipelineId,
    environment: environmentId,
  });
  await advanceSoon(deps, pipelineId, [{ type: "environment_ended", environmentId, problem }]);
}

async function callerProblem(
  deps: Pick<Ports, "store" | "environments" | "verifyCaller"> & Pick<Host, "log">,
  grant: TokenGrant | undefined,
  caller: string | undefined,
): Promise<string | undefined> {
  if (deps.verifyCaller === undefined || grant?.kind !== "ticket") return undefined;
  const { environmentId, pipelineId } = grant;
  const stored = await deps.store.pipelines.get(pipelineId);
  const environment = stored && findEnvironment(stored.value, environmentId);
  if (stored === undefined || environment === undefined) return "its pipeline does not know it";
  const problem = await deps.verifyCaller({
    environmentId,
    handle: environment.handle ?? (await findHandle(deps, environmentId)),
    project: stored.value.project,
    access: accessOf(stored.value),
    ...defined({ caller }),
  });
  if (problem !== undefined) {
    deps.log("error", "a ticket was offered by somebody else than its environment", {
      pipeline: pipelineId,
      environment: environmentId,
      problem,
    });
  }
  return problem;
}

/** The environment may call before its start is recorded, or after a crash that prevented recording it. */
async function findHandle(deps: Pick<Ports, "environments">, id: string): Promise<string> {
  const seen = (await deps.environments.observe([{ id }])).get(id);
  if (seen?.state === "starting" || seen?.state === "running") return seen.handle;
  throw new Error(`Nothing is known of the environment ${id} yet.`);
}
