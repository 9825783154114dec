import * as z from "zod/mini";
import type { ProjectHooks } from "../hooks.ts";
import { type ForgeHttp, readAnswer } from "../http/http.ts";
import * as answers from "./answers.ts";

const access = z.nullish(z.looseObject({ access_level: z.int() }));
const rights = z.looseObject({
  permissions: z.nullish(z.looseObject({ project_access: access, group_access: access })),
});
const tokenSelf = z.looseObject({ scopes: z.array(z.string()), expires_at: z.nullish(z.string()) });

const developer = 30;
const maintainer = 40;

/** Webhooks of a GitLab project (GitLab Docs: Project webhooks API). */
export function gitlabHooks(http: ForgeHttp, project: string): ProjectHooks {
  const base = `/projects/${encodeURIComponent(project)}`;
  return {
    register: async ({ url, secret, signingToken }) => {
      const answer = await http({ path: `${base}/hooks`, query: { per_page: 100 } });
      const hooks = readAnswer(z.array(answers.hook), answer, "webhooks");
      const known = hooks.find((hook) => hook.url === url);
      const saved = await http({
        method: known === undefined ? "POST" : "PUT",
        path: known === undefined ? `${base}/hooks` : `${base}/hooks/${known.id}`,
        body: {
          url,
          token: secret,
          // Servers before 19.0 ignore this field.
          signing_token: signingToken,
          push_events: true,
          tag_push_events: true,
          merge_requests_events: true,
          issues_events: false,
          pipeline_events: false,
          job_events: false,
          enable_ssl_verification: url.startsWith("https:"),
        },
      });
      const { signing_token_present: signs } = readAnswer(answers.hook, saved, "a webhook");
      return {
        result: known === undefined ? "created" : "updated",
        uses: signs === true ? "signingToken" : "secret",
      };
    },
    missingRights: async () => {
      const [answer, self] = await Promise.all([
        http({ path: base, expect: [401, 403, 404] }),
        http({ path: "/personal_access_tokens/self", expect: [401, 403, 404] }),
      ]);
      if (answer.status === 401) return ["GitLab does not know the token: it may have expired."];
      if (answer.status !== 200)
        return [`The token cannot see ${project}: it needs to be a member with role Maintainer.`];
      const { permissions } = readAnswer(rights, answer, "the project");
      const level = Math.max(
        permissions?.project_access?.access_level ?? 0,
        permissions?.group_access?.access_level ?? 0,
      );
      const scopes = self.status === 200 ? readAnswer(tokenSelf, self, "the token").scopes : [];
      return [
        ...(level < developer
          ? ["The token's user needs the role Developer or higher to set commit statuses."]
          : []),
        ...(level < maintainer
          ? ["The token's user needs the role Maintainer to register the webhook."]
          : []),
        ...(self.status === 200 && !scopes.includes("api")
          ? [`The token needs the scope "api"; it has ${scopes.join(", ") || "none"}.`]
          : []),
      ];
    },
  };
}
