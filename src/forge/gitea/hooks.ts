import { project as repository } from "../github-like/git-data.ts";
import type { ProjectHooks } from "../hooks.ts";
import { encodePath, type ForgeHttp, readAnswer } from "../http/http.ts";
import * as answers from "./answers.ts";

/** Webhooks of a repository on Gitea or Forgejo. */
export function giteaHooks(http: ForgeHttp, project: string): ProjectHooks {
  const base = `/repos/${encodePath(project)}`;
  return {
    register: async ({ url, secret }) => {
      const answer = await http({ path: `${base}/hooks`, query: { limit: 50 } });
      const known = readAnswer(answers.hooks, answer, "webhooks").find(
        (hook) => hook.config.url === url,
      );
      const body = {
        config: { url, content_type: "json", secret },
        events: ["push", "create", "delete", "pull_request"],
        active: true,
      };
      if (known === undefined) {
        await http({ method: "POST", path: `${base}/hooks`, body: { type: "gitea", ...body } });
        return { result: "created", uses: "secret" };
      }
      await http({ method: "PATCH", path: `${base}/hooks/${known.id}`, body });
      return { result: "updated", uses: "secret" };
    },
    missingRights: async () => {
      const answer = await http({ path: base, expect: [401, 403, 404] });
      if (answer.status === 401) return ["The forge does not know the token."];
      if (answer.status !== 200)
        return [`The token cannot see ${project}: it needs the scope "write:repository".`];
      const { permissions } = readAnswer(repository, answer, "the repository");
      return [
        ...(permissions?.push === true
          ? []
          : ["The token's user needs write access to set commit statuses."]),
        ...(permissions?.admin === true
          ? []
          : [
              "The token's user needs to be an administrator of the repository to register the webhook.",
            ]),
      ];
    },
  };
}
