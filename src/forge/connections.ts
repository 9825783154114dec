import { encodeBasicAuth } from "#http/basic-auth.ts";
import { defined } from "#language/defined.ts";
import type { ForgeConnection } from "#project/connection.ts";
import { bitbucketForgeClient } from "./bitbucket/client.ts";
import { bitbucketHooks } from "./bitbucket/hooks.ts";
import { bitbucketWebhooks } from "./bitbucket/webhook.ts";
import { type Forge, ForgeError } from "./forge.ts";
import { giteaForgeClient } from "./gitea/client.ts";
import { giteaHooks } from "./gitea/hooks.ts";
import { giteaWebhooks } from "./gitea/webhook.ts";
import { missingAppPermissions } from "./github/app-rights.ts";
import {
  type AppPermissions,
  type GitHubAppOptions,
  githubAppTokens,
} from "./github/app-tokens.ts";
import { postCheckRun } from "./github/checks.ts";
import { type GitHubClientOptions, githubForgeClient } from "./github/client.ts";
import { type GitHubHookOptions, githubHooks } from "./github/hooks.ts";
import { githubSentDeliveries } from "./github/sent-deliveries.ts";
import { githubWebhooks } from "./github/webhook.ts";
import { gitlabForgeClient } from "./gitlab/client.ts";
import { gitlabHooks } from "./gitlab/hooks.ts";
import { gitlabSentDeliveries } from "./gitlab/sent-deliveries.ts";
import { gitlabWebhooks } from "./gitlab/webhook.ts";
import type { ProjectHooks } from "./hooks.ts";
import { encodePath, type ForgeHttp, type Freshness, forgeHttp } from "./http/http.ts";

/** A forge that `slipway.yaml` names: one that can also be told to send its events. */
export type ConnectedForge = Forge & { readonly hooks: (project: string) => ProjectHooks };

/** The newest value of a secret; undefined where it was never set. */
export type ReadSecret = (name: string, how?: Freshness) => Promise<string | undefined>;

/** The forge behind a connection. Nothing is asked yet; tokens are read at each request. */
export function connectForge(connection: ForgeConnection, readSecret: ReadSecret): ConnectedForge {
  const { name, kind, url, apiUrl } = connection;
  const token = tokens(connection, readSecret);
  const pause = { until: 0 };
  const checkPauses = new Map<string, number>();
  const httpOf = (project: string, use: Use = "api"): ForgeHttp =>
    forgeHttp({
      apiUrl,
      pause,
      authorize: async (how) => authorization(connection, await token(project, use, how)),
    });
  switch (kind) {
    case "gitlab":
      return {
        name: kind,
        webhooks: gitlabWebhooks,
        client: (project) =>
          gitlabForgeClient(
            {
              http: httpOf(project),
              url,
              cloneToken: () => token(project, "clone"),
              ...defined({ cloneUser: connection.cloneUser }),
            },
            project,
          ),
        hooks: (project) => gitlabHooks(httpOf(project), project),
        sent: (project) => gitlabSentDeliveries(httpOf(project), project),
      };
    case "github":
      return {
        name: kind,
        webhooks: githubWebhooks,
        client: (project) =>
          githubForgeClient(
            {
              http: httpOf(project),
              pullRequestHttp: httpOf(project, "pullRequests"),
              url,
              cloneToken: () => token(project, "clone"),
              ...checks(connection, () => httpOf(project, "checks"), project, checkPauses),
            },
            project,
          ),
        hooks: (project) =>
          githubHooks(httpOf(project, "hooks"), project, {
            connection: `${name} (${apiUrl})`,
            ...missingPermissions(connection, readSecret),
          }),
        sent: (project) => githubSentDeliveries(httpOf(project, "hooks"), project),
      };
    case "gitea":
      return {
        name: kind,
        webhooks: giteaWebhooks,
        client: (project) =>
          giteaForgeClient(
            { http: httpOf(project), url, cloneToken: () => token(project, "clone") },
            project,
          ),
        hooks: (project) => giteaHooks(httpOf(project), project),
      };
    case "bitbucket":
      return {
        name: kind,
        webhooks: bitbucketWebhooks,
        client: (project) =>
          bitbucketForgeClient(
            {
              http: httpOf(project),
              url,
              cloneToken: () => token(project, "clone"),
              cloneUser: connection.cloneUser ?? bitbucketCloneUser(connection),
            },
            project,
          ),
        hooks: (project) => bitbucketHooks(httpOf(project), project),
      };
  }
}

type Use = keyof typeof appPermissions;

/** An App without some of these rights still does everything that its other rights allow. */
const appPermissions = {
  api: { contents: "read", statuses: "write" },
  clone: { contents: "read" },
  pullRequests: { pull_requests: "read" },
  checks: { checks: "write" },
  hooks: { repository_hooks: "write" },
} as const satisfies Readonly<Record<string, AppPermissions>>;

/** One token for the API and one for runners. A GitHub App's tokens last an hour and are limited to one repository and the needed rights. */
function tokens(
  connection: ForgeConnection,
  readSecret: ReadSecret,
): (project: string, use: Use, how?: Freshness) => Promise<string> {
  const { access } = connection;
  if ("tokenSecret" in access) {
    const { tokenSecret, cloneTokenSecret } = access;
    return (_, use, how) =>
      required(connection, use === "clone" ? cloneTokenSecret : tokenSecret, (name) =>
        readSecret(name, how),
      );
  }
  const installationToken = githubAppTokens(appOptions(connection, access, readSecret));
  return (project, use, how) => installationToken(project, appPermissions[use], how);
}

function appOptions(
  connection: ForgeConnection,
  { appId, installation, keySecret }: Extract<ForgeConnection["access"], { appId: string }>,
  readSecret: ReadSecret,
): GitHubAppOptions {
  const { apiUrl } = connection;
  const key = (how?: Freshness) => required(connection, keySecret, (name) => readSecret(name, how));
  return { apiUrl, appId, installation, key };
}

/** The time before checks are tried again with an App that may not write them. */
const checkPauseMilliseconds = 10 * 60_000;

function checks(
  { access }: ForgeConnection,
  http: () => ForgeHttp,
  project: string,
  pauses: Map<string, number>,
): Pick<GitHubClientOptions, "postCheck"> {
  if (!("appId" in access)) return {};
  const options = { appId: access.appId, base: `/repos/${encodePath(project)}` };
  return {
    postCheck: async (status, run) => {
      if (Date.now() < (pauses.get(project) ?? 0)) return "not_permitted";
      const result = await postCheckRun({ ...options, http: http() }, status, run);
      if (result === "not_permitted") pauses.set(project, Date.now() + checkPauseMilliseconds);
      return result;
    },
  };
}

function missingPermissions(
  connection: ForgeConnection,
  readSecret: ReadSecret,
): Pick<GitHubHookOptions, "missingPermissions"> {
  const { access } = connection;
  if (!("appId" in access)) return {};
  const options = appOptions(connection, access, readSecret);
  return { missingPermissions: () => missingAppPermissions(options) };
}

async function required(
  { name }: ForgeConnection,
  secret: string,
  readSecret: ReadSecret,
): Promise<string> {
  const value = await readSecret(secret);
  if (value !== undefined) return value;
  throw new ForgeError(
    `The forge connection "${name}" needs the secret "${secret}", which is not set: slipway secret ${secret}`,
    { retryable: false },
  );
}

function authorization(
  { kind, user }: ForgeConnection,
  token: string,
): Readonly<Record<string, string>> {
  switch (kind) {
    case "gitlab":
      return { "private-token": token };
    case "gitea":
      return { authorization: `token ${token}` };
    case "github":
      return { authorization: `Bearer ${token}`, "x-github-api-version": "2022-11-28" };
    case "bitbucket":
      return {
        authorization:
          user === undefined ? `Bearer ${token}` : `Basic ${encodeBasicAuth(user, token)}`,
      };
  }
}

/** API tokens belong to an e-mail address, access tokens to nobody (Bitbucket Cloud: API tokens, Access tokens). */
function bitbucketCloneUser({ user }: ForgeConnection): string {
  return user === undefined ? "x-token-auth" : "x-bitbucket-api-token-auth";
}
