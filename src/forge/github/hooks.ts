import { project as repository } from "../github-like/git-data.ts";
import type { ProjectHooks } from "../hooks.ts";
import { encodePath, type ForgeHttp, readAnswer } from "../http/http.ts";
import * as answers from "./answers.ts";

export type GitHubHookOptions = {
  /** As messages name it. */
  readonly connection: string;
  /** Of an App, which acts for itself and not for a user. */
  readonly missingPermissions?: () => Promise<readonly string[]>;
};

/** Webhooks of a GitHub repository (GitHub Docs: REST API endpoints for repository webhooks). */
export function githubHooks(
  http: ForgeHttp,
  project: string,
  { connection, missingPermissions }: GitHubHookOptions,
): ProjectHooks {
  const base = `/repos/${encodePath(project)}`;
  return {
    register: async ({ url, secret }) => {
      const answer = await http({ path: `${base}/hooks`, query: { per_page: 100 } });
      const known = readAnswer(answers.hooks, answer, "webhooks").find(
        (hook) => hook.config.url === url,
      );
      const body = {
        config: { url, content_type: "json", secret, insecure_ssl: "0" },
        events: ["push", "pull_request"],
        active: true,
      };
      if (known === undefined) {
        await http({ method: "POST", path: `${base}/hooks`, body: { name: "web", ...body } });
        return { result: "created", uses: "secret" };
      }
      await http({ method: "PATCH", path: `${base}/hooks/${known.id}`, body });
      return { result: "updated", uses: "secret" };
    },
    missingRights: async () => {
      if (missingPermissions !== undefined) return missingPermissions();
      const answer = await http({ path: base, expect: [401, 403, 404] });
      if (answer.status === 401) return [`GitHub does not know the token of ${connection}.`];
      if (answer.status !== 200) return [`The token of ${connection} cannot see ${project}.`];
      const { permissions } = readAnswer(repository, answer, "the repository");
      const scopes = answer.headers.get("x-oauth-scopes");
      const isClassic = scopes !== null && scopes !== "";
      return [
        ...(permissions && permissions.push !== true
          ? ["The token's user needs write access to set commit statuses."]
          : []),
        ...(permissions && permissions.admin !== true
          ? ["The token's user needs to be an admin of the repository to register the webhook."]
          : []),
        ...(isClassic && !scopes.split(/,\s*/).includes("repo")
          ? [`The token needs the scope "repo"; it has ${scopes}.`]
          : []),
      ];
    },
  };
}
