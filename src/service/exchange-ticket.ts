import type { TicketExchange } from "#runner/protocol.ts";
import type { TokenGrant } from "#store/store.ts";
import { advanceSoon } from "./advance-pipeline.ts";
import type { ServiceDeps } from "./deps.ts";

const idleTimeoutSeconds = 60;
const dayMilliseconds = 24 * 3600 * 1000;

/**
 * Gives the environment token for a ticket, once. A second exchange means that the ticket leaked: it is
 * refused, recorded, and ends the environment.
 */
export async function exchangeTicket(
  deps: ServiceDeps,
  ticket: string,
): Promise<TicketExchange | "refused"> {
  const now = new Date(deps.now()).toISOString();
  const hash = deps.hash(ticket);
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
