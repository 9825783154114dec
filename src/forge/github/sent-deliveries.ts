import type { FailedDelivery, SentDeliveries } from "../forge.ts";
import { encodePath, type ForgeHttp, readAnswer } from "../http/http.ts";
import { boundedId } from "../http/payload.ts";
import { leadsTo, storedEvents } from "../http/stored-delivery.ts";
import * as answers from "./answers.ts";
import { githubWebhooks } from "./webhook.ts";

const pageSize = 100;
/** Each costs a request of its own. */
const mostFailed = 20;

/**
 * The webhook of a GitHub repository and its newest deliveries (GitHub Docs: REST API endpoints for repository
 * webhooks). GitHub never sends a failed one again by itself, and can be asked to for three days.
 */
export function githubSentDeliveries(http: ForgeHttp, project: string): SentDeliveries {
  const base = `/repos/${encodePath(project)}/hooks`;
  return {
    inspect: async (path, wanted) => {
      const answer = await http({ path: base, query: { per_page: 100 } });
      const hooks = readAnswer(answers.hooks, answer, "webhooks");
      const hook = hooks.find(({ config }) => leadsTo(config.url, path));
      if (hook === undefined) return undefined;
      const list = await http({
        path: `${base}/${hook.id}/deliveries`,
        query: { per_page: pageSize },
      });
      const attempts = readAnswer(answers.deliveries, list, "deliveries of a webhook");
      const arrived = new Set(attempts.filter(isArrived).map(({ guid }) => guid));
      const failed: FailedDelivery[] = [];
      const looked = new Set<string>();
      for (const attempt of attempts) {
        if (failed.length >= mostFailed) break;
        const isOurs = attempt.event === "push" || attempt.event === "pull_request";
        if (!isOurs || arrived.has(attempt.guid) || looked.has(attempt.guid)) continue;
        looked.add(attempt.guid);
        const id = boundedId(attempt.guid);
        if (!(await wanted(id))) continue;
        const detail = await http({ path: `${base}/${hook.id}/deliveries/${attempt.id}` });
        const { request } = readAnswer(answers.delivery, detail, "a delivery");
        const header = ["x-github-event", attempt.event] as const;
        const events = storedEvents(githubWebhooks, header, request.payload);
        failed.push({ id, handle: String(attempt.id), events });
      }
      const isOff = hook.active === false;
      return {
        id: hook.id,
        state: isOff ? "disabled" : "active",
        failed,
        ...(isOff && {
          hint: "The webhook is not active: tick Active in the repository's settings, Webhooks.",
        }),
      };
    },
    resend: async (hookId, handle) => {
      await http({ method: "POST", path: `${base}/${hookId}/deliveries/${handle}/attempts` });
    },
  };
}

function isArrived({
  status_code: status,
}: {
  readonly status_code?: number | null | undefined;
}): boolean {
  return typeof status === "number" && status >= 200 && status < 300;
}
