import type { TicketExchange } from "#runner/protocol.ts";
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
  if (grant === "spent") {
    const spent = await deps.store.tokens.get(hash, now);
    deps.log("error", "a ticket was offered a second time", {
      environment: spent?.kind === "ticket" ? spent.environmentId : undefined,
    });
    return "refused";
  }
  if (grant === "unknown" || grant.kind !== "ticket") return "refused";
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
