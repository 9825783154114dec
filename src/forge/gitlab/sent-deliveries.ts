import * as z from "zod/mini";
import type { FailedDelivery, HookReport, SentDeliveries } from "../forge.ts";
import { type ForgeHttp, readAnswer } from "../http/http.ts";
import { boundedId } from "../http/payload.ts";
import { leadsTo, storedEvents } from "../http/stored-delivery.ts";
import * as answers from "./answers.ts";
import { gitlabWebhooks } from "./webhook.ts";

type HookEvent = z.infer<typeof answers.hookEvents>[number];

/** GitLab gives no more events in a page (GitLab Docs: List project webhook events). */
const pageSize = 20;
const mostPages = 5;

/** The webhook of a GitLab project and what it sent in the last seven days (GitLab Docs: Project webhooks API). */
export function gitlabSentDeliveries(http: ForgeHttp, project: string): SentDeliveries {
  const base = `/projects/${encodeURIComponent(project)}/hooks`;

  /** Newest first; servers before 17.3 keep none. */
  async function listEvents(hookId: number): Promise<readonly HookEvent[]> {
    const all: HookEvent[] = [];
    for (let page = 1; page <= mostPages; page++) {
      const query = { per_page: pageSize, page };
      const answer = await http({ path: `${base}/${hookId}/events`, query, expect: [404] });
      if (answer.status === 404) return [];
      const events = readAnswer(answers.hookEvents, answer, "deliveries of a webhook");
      all.push(...events);
      if (events.length < pageSize) break;
    }
    return all;
  }

  return {
    inspect: async (path, wanted) => {
      const answer = await http({ path: base, query: { per_page: 100 } });
      const hooks = readAnswer(z.array(answers.hook), answer, "webhooks");
      const hook = hooks.find(({ url }) => leadsTo(url, path));
      if (hook === undefined) return undefined;
      const failed: FailedDelivery[] = [];
      for (const event of failedOnly(await listEvents(hook.id))) {
        if (!(await wanted(event.deliveryId))) continue;
        failed.push({
          id: event.deliveryId,
          handle: String(event.id),
          events: storedEvents(gitlabWebhooks, ["x-gitlab-event", ""], event.request_data),
        });
      }
      return { id: hook.id, failed, ...stateOf(hook) };
    },
    resend: async (hookId, handle) => {
      await http({ method: "POST", path: `${base}/${hookId}/events/${handle}/resend` });
    },
    wake: async (hookId) => {
      // A hook is turned on again only by a test request that is answered with 2xx (GitLab Docs: Auto-disabled webhooks).
      const answer = await http({
        method: "POST",
        path: `${base}/${hookId}/test/push_events`,
        expect: [400, 404, 422],
      });
      return answer.status >= 200 && answer.status < 300 ? "awake" : "asleep";
    },
  };
}

/** One entry for each delivery of which no attempt arrived; those without an id cannot be told apart. */
function failedOnly(events: readonly HookEvent[]): readonly (HookEvent & { deliveryId: string })[] {
  const byId = new Map<string, HookEvent & { deliveryId: string }>();
  const arrived = new Set<string>();
  for (const event of events) {
    const deliveryId = deliveryIdOf(event);
    if (deliveryId === undefined) continue;
    if (/^2\d\d$/.test(String(event.response_status))) arrived.add(deliveryId);
    if (!byId.has(deliveryId)) byId.set(deliveryId, { ...event, deliveryId });
  }
  return [...byId.values()].filter(({ deliveryId }) => !arrived.has(deliveryId));
}

function deliveryIdOf({ request_headers: headers }: HookEvent): string | undefined {
  for (const [name, value] of Object.entries(headers ?? {})) {
    const isId = /^(?:idempotency-key|webhook-id)$/i.test(name);
    if (isId && typeof value === "string" && value !== "") return boundedId(value);
  }
  return undefined;
}

function stateOf(hook: z.infer<typeof answers.hook>): Pick<HookReport, "state" | "hint"> {
  switch (hook.alert_status) {
    case "temporarily_disabled":
      return {
        state: "paused",
        hint: `GitLab sends nothing until ${hook.disabled_until ?? "later"}, since its last deliveries failed: see to it that GitLab reaches ${new URL(hook.url).origin}.`,
      };
    case "disabled":
      return {
        state: "disabled",
        hint: `GitLab has turned the webhook off after too many failures: see to it that GitLab reaches ${new URL(hook.url).origin}, then press Test > Push events beside the webhook in the project's settings.`,
      };
    default:
      return { state: "active" };
  }
}
