import { createHmac, randomUUID } from "node:crypto";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fileSecrets } from "#secrets/file.ts";
import type { PipelineSummary } from "#store/store.ts";
import { makeSample, type Sample } from "../forge/client-contract.ts";
import { bitbucketDouble, bitbucketProject } from "../forge/doubles/bitbucket.ts";
import { giteaDouble, giteaProject } from "../forge/doubles/gitea.ts";
import { githubDouble, githubProject } from "../forge/doubles/github.ts";
import { gitlabDouble, gitlabProject } from "../forge/doubles/gitlab.ts";
import {
  jobsOf,
  leftInTheEnd,
  logOf,
  pipelineOf,
  run,
  type Slipway,
  startSlipway,
} from "./harness.ts";
import { tagsOf } from "./registry.ts";

const root = resolve(import.meta.dirname, "../..");
const zeros = "0".repeat(40);

let slipway: Slipway;
let sample: Sample;
const stops: (() => Promise<void>)[] = [];
beforeAll(async () => {
  slipway = await startSlipway("");
  sample = makeSample("space/app", {
    ".gitlab-ci.yml": `
build:
  image: docker:stable
  before_script:
    - echo "$CI_REGISTRY_PASSWORD" | docker login -u "$CI_REGISTRY_USER" --password-stdin "$CI_REGISTRY"
  script:
    - echo "built for $CI_PROJECT_PATH at $CI_PROJECT_URL"
    - echo "cloned from $CI_REPOSITORY_URL"
    - docker build -t "$CI_REGISTRY_IMAGE:$CI_COMMIT_REF_SLUG" .
    - docker push "$CI_REGISTRY_IMAGE:$CI_COMMIT_REF_SLUG"
`,
    Dockerfile: "FROM busybox\nCOPY README.md /\n",
    "README.md": "A sample.\n",
  });
}, 60_000);
afterAll(async () => {
  const left = await leftInTheEnd(slipway);
  await slipway.stop();
  for (const stop of stops) await stop();
  sample.remove();
  expect(left).toEqual([]);
}, 60_000);

type Kind = "gitlab" | "github" | "gitea" | "bitbucket";
type Delivery = { readonly headers: Record<string, string>; readonly body: string };
type Double = {
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

const forges: {
  readonly kind: Kind;
  readonly project: string;
  readonly start: (host: string) => Promise<Double>;
  readonly push: (sha: string, secret: unknown) => Delivery;
  readonly statuses: readonly string[];
}[] = [
  {
    kind: "gitlab",
    project: gitlabProject.path,
    start: async (host) => {
      const double = await gitlabDouble({ repository: sample.repository, host });
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
    start: async (host) => {
      const double = await githubDouble({ repository: sample.repository, host });
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
    start: async (host) => {
      const double = await giteaDouble({ repository: sample.repository, host });
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
    start: async (host) => {
      const double = await bitbucketDouble({ repository: sample.repository, host });
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

test.for(forges)(
  "a push to a project on $kind is built once, from a clone of the forge, and every step is told there",
  async ({ kind, project, start, push, statuses }) => {
    const double = await start(slipway.machine.gatewayAddress);
    stops.push(double.stop);
    slipway.configure(
      `defaults: {executor: docker-socket}
forges: {team: {kind: ${kind}, url: "${double.url}", token: {secret: forge-token}, clone_token: {secret: forge-token}}}
projects: {${project}: {forge: team}}
`,
    );
    await fileSecrets(join(slipway.data, "secrets")).rotate("forge-token", double.token);
    const service = `http://127.0.0.1:${slipway.port}`;
    const connected = await run(process.execPath, [
      ...[join(root, "cli/slipway.js"), "connect", kind, double.url, project, "--json"],
      ...["--service-url", service, "--data", slipway.data],
      ...["--config", join(slipway.data, "slipway.yaml")],
    ]);
    const { webhook, missing } = JSON.parse(connected.stdout);
    expect({ webhook, missing }).toEqual({
      webhook: `${service}/webhooks/team/${project}`,
      missing: [],
    });

    const delivery = push(sample.second, double.secret());
    const send = (body: string) =>
      fetch(webhook, {
        method: "POST",
        headers: { ...delivery.headers, "content-type": "application/json" },
        body,
      });
    expect((await send(`${delivery.body} `)).status).toBe(401);
    expect((await send(delivery.body)).status).toBe(202);
    expect((await send(delivery.body)).status).toBe(200);

    const pipeline = await pipelineOf(slipway, project, sample.second, { seconds: 120 });
    const job = jobsOf(pipeline).build;
    const log = await logOf(slipway, job?.id ?? 0);
    expect(pipeline.status, log).toBe("success");
    expect(log).toContain(`built for ${project}`);
    expect(log).toMatch(/cloned from http:\/\/[\w-]+:\[MASKED\]@/);
    expect(log).not.toContain(double.token);
    expect(await tagsOf(slipway, project)).toEqual(["main"]);
    await expect.poll(double.told, { timeout: 10_000 }).toEqual(statuses);
    const all = await slipway.api<PipelineSummary[]>(
      `/pipelines?project=${encodeURIComponent(project)}`,
    );
    expect(all).toHaveLength(1);
  },
);
