import type * as z from "zod/mini";
import type { WebhookOutcome } from "../delivery/receive-webhook.ts";
import type { webhookSchema } from "./schema/webhook.ts";

export type WebhookView = z.output<typeof webhookSchema>;

export function webhookView(outcome: WebhookOutcome): WebhookView {
  switch (outcome.result) {
    case "queued":
      return {
        result: "queued",
        delivery: outcome.delivery,
        events: outcome.events,
        ...(outcome.leftToSweep > 0 && { left_to_sweep: outcome.leftToSweep }),
      };
    case "duplicate":
      return { result: "duplicate", delivery: outcome.delivery };
    case "ignored":
    case "refused":
      return { result: outcome.result, why: outcome.why };
  }
}
