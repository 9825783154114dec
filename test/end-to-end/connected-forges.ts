import { createHmac, randomUUID } from "node:crypto";
import { bitbucketDouble, bitbucketProject } from "../forge/doubles/bitbucket.ts";
import { giteaDouble, giteaProject } from "../forge/doubles/gitea.ts";
import { githubDouble, githubProject } from "../forge/doubles/github.ts";
import { gitlabDouble, gitlabProject } from "../forge/doubles/gitlab.ts";

const zeros = "0".repeat(40);

type Kind = "gitlab" | "github" | "gitea" | "bitbucket";
type Delivery = { readonly headers: Record<string, string>; readonly body: string };
export type ForgeDouble = {
  readonly url: string;
  readonly token: string;
  readonly stop: () => Promise<void>;
  /** The statuses that the forge took, in order. */
  readonly told: () => readonly string[];
  readonly secret: () => unknown;
};

function hmac(secret: unknown, text: string): string {
  return createHmac("sha256", String(secret)).update(text).digest("hex");
}

const githubLike = (project: string, sha: string) => ({
  ref: "refs/heads/main",
  before: zeros,
  after: sha,
  created: true,
  deleted: false,
  head_commit: { id: sha },
  commits: [],
  repository: {
    id: 7,
    full_name: project,
    html_url: `http://forge.example/${project}`,
    default_branch: "main",
    private: true,
  },
  pusher: { name: "ada", login: "ada", email: "ada@example.com" },
  sender: { id: 5, login: "ada" },
});

/** A double of each forge with one project, how it signs the delivery of a push, and what it is told of the pipeline. */
export const connectedForges: {
  readonly kind: Kind;
  readonly project: string;
  /** `repository` is the bare repository of the project. */
  readonly start: (host: string, repository: string) => Promise<ForgeDouble>;
  readonly push: (sha: string, secret: unknown) => Delivery;
  readonly statuses: readonly string[];
}[] = [
  {
    kind: "gitlab",
    project: gitlabProject.path,
    start: async (host, repository) => {
      const double = await gitlabDouble({ repository, host });
      const { history } = double.statuses;
      return { ...double, told: () => history, secret: () => double.hooks[0]?.signing_token };
    },
    push: (sha, secret) => {
      const body = JSON.stringify({
        object_kind: "push",
        ref: "refs/heads/main",
        before: zeros,
        after: sha,
        checkout_sha: sha,
        user_id: 5,
        user_name: "Ada",
        user_username: "ada",
        user_email: "ada@example.com",
        project: {
          id: gitlabProject.id,
          path_with_namespace: gitlabProject.path,
          web_url: `http://gitlab.example/${gitlabProject.path}`,
          default_branch: "main",
          visibility_level: 0,
        },
      });
      const id = randomUUID();
      const timestamp = String(Math.floor(Date.now() / 1000));
      const key = Buffer.from(String(secret).replace("whsec_", ""), "base64");
      const signed = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`);
      return {
        body,
        headers: {
          "x-gitlab-event": "Push Hook",
          "webhook-id": id,
          "webhook-timestamp": timestamp,
          "webhook-signature": `v1,${signed.digest("base64")}`,
        },
      };
    },
    statuses: ["pending", "running", "success"].map((state) => `42 slipway main ${state}`),
  },
  {
    kind: "github",
    project: githubProject,
    start: async (host, repository) => {
      const double = await githubDouble({ repository, host });
      return {
        ...double,
        told: () => double.statuses.map(({ state }) => state),
        secret: () => double.hooks[0]?.config.secret,
      };
    },
    push: (sha, secret) => {
      const body = JSON.stringify(githubLike(githubProject, sha));
      return {
        body,
        headers: {
          "x-github-event": "push",
          "x-github-delivery": randomUUID(),
          "x-hub-signature-256": `sha256=${hmac(secret, body)}`,
        },
      };
    },
    statuses: ["pending", "pending", "success"],
  },
  {
    kind: "gitea",
    project: giteaProject,
    start: async (host, repository) => {
      const double = await giteaDouble({ repository, host });
      return {
        ...double,
        told: () => double.statuses.map(({ state }) => state),
        secret: () => double.hooks[0]?.config.secret,
      };
    },
    push: (sha, secret) => {
      const body = JSON.stringify(githubLike(giteaProject, sha));
      return {
        body,
        headers: {
          "x-gitea-event": "push",
          "x-github-event": "push",
          "x-gitea-delivery": randomUUID(),
          "x-gitea-signature": hmac(secret, body),
        },
      };
    },
    statuses: ["pending", "pending", "success"],
  },
  {
    kind: "bitbucket",
    project: bitbucketProject,
    start: async (host, repository) => {
      const double = await bitbucketDouble({ repository, host });
      return { ...double, told: () => double.history, secret: () => double.hooks[0]?.secret };
    },
    push: (sha, secret) => {
      const branch = { type: "branch", name: "main", target: { type: "commit", hash: sha } };
      const body = JSON.stringify({
        actor: { uuid: "{u}", nickname: "ada", display_name: "Ada" },
        repository: {
          uuid: "{11111111-2222-3333-4444-555555555555}",
          full_name: bitbucketProject,
          is_private: true,
        },
        push: { changes: [{ new: branch, old: null, created: true, closed: false }] },
      });
      return {
        body,
        headers: {
          "x-event-key": "repo:push",
          "x-request-uuid": randomUUID(),
          "x-hub-signature": `sha256=${hmac(secret, body)}`,
        },
      };
    },
    statuses: ["INPROGRESS", "INPROGRESS", "SUCCESSFUL"],
  },
];
