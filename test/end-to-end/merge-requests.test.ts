import { createHmac, randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fileSecrets } from "#secrets/file.ts";
import type { PipelineSummaryView } from "#service/view/pipeline-summary-view.ts";
import { makeSample, type Sample } from "../forge/client-contract.ts";
import { gitlabDouble, gitlabForkId, gitlabProject } from "../forge/doubles/gitlab.ts";
import { commit, gitSync } from "../local/git-host/git-fixture.ts";
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
const project = gitlabProject.path;
const configuration = `
build:
  image: docker:stable
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
      changes: [src/**]
  script:
    - echo "request $CI_MERGE_REQUEST_IID of $CI_MERGE_REQUEST_SOURCE_PROJECT_PATH since $CI_MERGE_REQUEST_DIFF_BASE_SHA"
    - echo "key [$DEPLOY_KEY], file $(cat src/new)"
    - echo "$CI_REGISTRY_PASSWORD" | docker login -u "$CI_REGISTRY_USER" --password-stdin "$CI_REGISTRY"
    - docker build -t "$CI_REGISTRY_IMAGE:$CI_COMMIT_REF_SLUG" .
    - if docker push "$CI_REGISTRY_IMAGE:$CI_COMMIT_REF_SLUG"; then echo "the push was taken"; else echo "the push was refused"; fi
docs:
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
      changes: [docs/**]
  script: [exit 1]
`;

let slipway: Slipway;
let sample: Sample;
let double: Awaited<ReturnType<typeof gitlabDouble>>;
let webhook: string;
const shas = { feature: "", fork: "" };

const cli = (...args: string[]) =>
  run(process.execPath, [join(root, "cli/slipway.js"), ...args, "--data", slipway.data, "--json"]);

beforeAll(async () => {
  slipway = await startSlipway("");
  sample = makeSample("space/app", {
    ".gitlab-ci.yml": configuration,
    Dockerfile: "FROM busybox\nCOPY src /src\n",
  });
  shas.feature = propose("the feature", "refs/heads/proposal", "refs/merge-requests/7/head");
  // Of a fork's branch the project has nothing but this ref.
  shas.fork = propose("the fork", "refs/merge-requests/8/head");
  double = await gitlabDouble({
    repository: sample.repository,
    host: slipway.machine.gatewayAddress,
    forkAccessLevel: 30,
  });
  slipway.configure(`defaults: {executor: docker-socket}
forges: {team: {kind: gitlab, url: "${double.url}", token: {secret: forge-token}, clone_token: {secret: forge-token}}}
projects:
  ${project}:
    forge: team
    forks: approve
    variables: {DEPLOY_KEY: {secret: deploy-key}}
`);
  const secrets = fileSecrets(join(slipway.data, "secrets"));
  await secrets.rotate("forge-token", double.token);
  await secrets.rotate("deploy-key", "s3cret-deploy-key");
  const config = ["--config", join(slipway.data, "slipway.yaml")];
  const connected = await cli("connect", "gitlab", double.url, project, ...config);
  webhook = JSON.parse(connected.stdout).webhook;
}, 60_000);

afterAll(async () => {
  const left = await leftInTheEnd(slipway);
  await slipway.stop();
  await double.stop();
  sample.remove();
  expect(left).toEqual([]);
}, 60_000);

/** A commit on top of `main` that adds `src/new`, pushed to these refs. */
function propose(text: string, ...refs: readonly string[]): string {
  const tree = mkdtempSync(join(tmpdir(), "slipway-propose-"));
  gitSync(tree, "clone", "-q", sample.repository, ".");
  mkdirSync(join(tree, "src"));
  writeFileSync(join(tree, "src/new"), text);
  gitSync(tree, "add", ".");
  const sha = commit(tree, text);
  for (const ref of refs) gitSync(tree, "push", "-q", "origin", `HEAD:${ref}`);
  rmSync(tree, { recursive: true, force: true });
  return sha;
}

async function send(request: {
  iid: number;
  sha: string;
  branch: string;
  source: { id: number; path: string };
  action?: string;
}): Promise<unknown> {
  const at = (path: string) => `http://gitlab.example/${path}`;
  const body = JSON.stringify({
    object_kind: "merge_request",
    user: { id: 5, name: "Ada", username: "ada", email: "ada@example.com" },
    project: {
      id: gitlabProject.id,
      path_with_namespace: project,
      web_url: at(project),
      default_branch: "main",
      visibility_level: 0,
    },
    object_attributes: {
      id: 700 + request.iid,
      iid: request.iid,
      action: request.action ?? "open",
      title: "A change",
      source_branch: request.branch,
      target_branch: "main",
      source_project_id: request.source.id,
      target_project_id: gitlabProject.id,
      source: { path_with_namespace: request.source.path, web_url: at(request.source.path) },
      last_commit: { id: request.sha },
      draft: false,
    },
    labels: [{ title: "bug" }],
  });
  const id = randomUUID();
  const timestamp = String(Math.floor(Date.now() / 1000));
  const key = Buffer.from(String(double.hooks[0]?.signing_token).replace("whsec_", ""), "base64");
  const signed = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
  const answer = await fetch(webhook, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-gitlab-event": "Merge Request Hook",
      "webhook-id": id,
      "webhook-timestamp": timestamp,
      "webhook-signature": `v1,${signed}`,
    },
    body,
  });
  expect(answer.status).toBe(202);
  return answer.json();
}

const told = (sha: string) =>
  double.statuses.stored
    .filter((status) => status.sha === sha)
    .map(({ project: id, name }) => [id, name]);

test("a merge request is built from its ref, for what it changes, and told at its commit", async () => {
  const own = { id: gitlabProject.id, path: project };
  await send({ iid: 7, sha: shas.feature, branch: "proposal", source: own });
  const pipeline = await pipelineOf(slipway, project, shas.feature, { seconds: 120 });
  const { build, docs } = jobsOf(pipeline);
  const log = await logOf(slipway, build?.id ?? 0);
  expect(pipeline.status, log).toBe("success");
  expect(docs).toBeUndefined();
  expect(log).toContain(`request 7 of ${project} since ${sample.second}`);
  expect(log).toContain("key [[MASKED]], file the feature");
  expect(log).toContain("the push was taken");
  await send({ iid: 7, sha: shas.feature, branch: "proposal", source: own, action: "reopen" });
  await expect
    .poll(() => double.statuses.history.filter((line) => line.includes(" proposal ")), {
      timeout: 10_000,
    })
    .toEqual(
      ["pending", "running", "success"].map(
        (state) => `42 slipway/merge-request proposal ${state}`,
      ),
    );
  expect(told(shas.feature)).toEqual([[gitlabProject.id, "slipway/merge-request"]]);
}, 180_000);

test("a fork's merge request waits for a member, then runs without secrets and without pushing", async () => {
  const fork = { id: gitlabForkId, path: "stranger/app" };
  await send({ iid: 8, sha: shas.fork, branch: "patch", source: fork });
  const status = () => double.statuses.stored.find(({ sha }) => sha === shas.fork);
  await expect.poll(status, { timeout: 20_000 }).toMatchObject({
    project: gitlabForkId,
    state: "pending",
    description: expect.stringMatching(/^Waits for approval: slipway approve \d+$/),
  });
  const waiting = JSON.parse((await cli("approve")).stdout);
  expect(waiting).toMatchObject([{ project, merge_request: 8, sha: shas.fork }]);
  const ofFork = async () =>
    (
      await slipway.api<PipelineSummaryView[]>(`/pipelines?project=${encodeURIComponent(project)}`)
    ).filter(({ sha }) => sha === shas.fork).length;
  expect(await ofFork()).toBe(0);

  const approved = JSON.parse((await cli("approve", `${project}!8`, "--by", "grace")).stdout);
  expect(approved).toMatchObject({ approved_by: "grace", result: "created" });
  await cli("approve", String(approved.pipeline_id), "--by", "mallory");
  const pipeline = await pipelineOf(slipway, project, shas.fork, { seconds: 120 });
  const log = await logOf(slipway, jobsOf(pipeline).build?.id ?? 0);
  expect(pipeline.status, log).toBe("success");
  expect(log).toContain(`request 8 of stranger/app since ${sample.second}`);
  expect(log).toContain("key [], file the fork");
  expect(log).toContain("the push was refused");
  expect(await tagsOf(slipway, project)).toEqual(["proposal"]);
  expect(await ofFork()).toBe(1);
  await expect
    .poll(() => double.statuses.history.filter((line) => line.includes(" patch ")), {
      timeout: 10_000,
    })
    .toEqual(
      ["pending", "running", "success"].map((state) => `77 slipway/merge-request patch ${state}`),
    );
}, 180_000);
