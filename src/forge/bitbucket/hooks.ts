import type { ProjectHooks } from "../hooks.ts";
import { encodePath, type ForgeHttp, readAnswer } from "../http/http.ts";
import * as answers from "./answers.ts";

const wantedScopes = {
  repository: "to read files",
  "repository:write": "to set build statuses",
  webhook: "to register the webhook",
} as const;

/** Webhooks of a Bitbucket Cloud repository (Bitbucket Cloud: Manage webhooks). */
export function bitbucketHooks(http: ForgeHttp, project: string): ProjectHooks {
  const base = `/repositories/${encodePath(project)}`;
  return {
    register: async ({ url, secret }) => {
      const answer = await http({ path: `${base}/hooks`, query: { pagelen: 100 } });
      const known = readAnswer(answers.page(answers.hook), answer, "webhooks").values.find(
        (hook) => hook.url === url,
      );
      const body = {
        description: "Slipway",
        url,
        active: true,
        secret,
        events: [
          "repo:push",
          "pullrequest:created",
          "pullrequest:updated",
          "pullrequest:fulfilled",
          "pullrequest:rejected",
        ],
      };
      const method = known === undefined ? "POST" : "PUT";
      const path = known === undefined ? "" : `/${encodeURIComponent(known.uuid)}`;
      await http({ method, path: `${base}/hooks${path}`, body });
      return { result: known === undefined ? "created" : "updated", uses: "secret" };
    },
    missingRights: async () => {
      const answer = await http({ path: base, expect: [401, 403, 404] });
      if (answer.status === 401) return ["Bitbucket does not know the token."];
      if (answer.status !== 200)
        return [`The token cannot see ${project}: it needs the scope "repository".`];
      const given = answer.headers.get("x-oauth-scopes");
      if (given === null) return [];
      const scopes = given.split(/,\s*/);
      return Object.entries(wantedScopes).flatMap(([scope, why]) =>
        // A scope for writing or administering includes reading.
        scopes.some((has) => has === scope || has.startsWith(`${scope}:`))
          ? []
          : [`The token needs the scope "${scope}" ${why}.`],
      );
    },
  };
}
