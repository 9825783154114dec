import { afterAll, beforeAll, expect, test } from "vitest";
import type { CommitStatusView } from "#service/view/commit-status-view.ts";
import type { DeploymentEnvironmentView } from "#service/view/deployment-environment-view.ts";
import type { PipelineSummaryView } from "#service/view/pipeline-summary-view.ts";
import type { PipelineView } from "#service/view/pipeline-view.ts";
import {
  jobsOf,
  leftInTheEnd,
  logOf,
  makeRepository,
  pipelineOf,
  type Slipway,
  startSlipway,
} from "./harness.ts";

let slipway: Slipway;
beforeAll(async () => {
  slipway = await startSlipway("defaults:\n  executor: shell\n");
}, 60_000);
afterAll(async () => {
  const left = await leftInTheEnd(slipway);
  await slipway.stop();
  expect(left).toEqual([]);
}, 60_000);

async function ended(id: number): Promise<PipelineView> {
  for (let tries = 0; tries < 600; tries++) {
    const view = await slipway.api<PipelineView>(`/pipelines/${id}`);
    if (view.finished_at !== undefined) return view;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`Pipeline ${id} did not end.`);
}

test("a child pipeline runs with its parent's variables, and the parent goes on when it is done", async () => {
  const project = "keywords/children";
  const repository = await makeRepository(slipway, project);
  repository.write({
    ".gitlab-ci.yml": `stages: [prepare, child, after]
prepare:
  stage: prepare
  script: [echo "VERSION=1.2.3" > build.env]
  artifacts: { reports: { dotenv: build.env } }
start:
  stage: child
  variables: { RELEASE: "app-$VERSION" }
  trigger: { include: ci/child.yml, strategy: depend }
after:
  stage: after
  script: [echo after]
`,
    "ci/child.yml":
      'leaf:\n  script:\n    - echo "$CI_PIPELINE_SOURCE builds $RELEASE"\n    - test "$CI_COMMIT_BRANCH" = main\n',
  });
  const { sha } = await repository.push();
  // Its children are of the same commit, and newer.
  const found = await slipway.api<PipelineSummaryView[]>(`/pipelines?project=${project}&limit=50`);
  const parent = await ended(found.at(-1)?.id ?? 0);
  expect(parent.status).toBe("success");
  const { start, after } = jobsOf(parent);
  const child = await ended(start?.child?.id ?? 0);
  expect(child).toMatchObject({ status: "success", source: "parent_pipeline", sha });
  expect(await logOf(slipway, jobsOf(child).leaf?.id ?? 0)).toContain(
    "parent_pipeline builds app-1.2.3",
  );
  expect(Date.parse(after?.queued_at ?? "")).toBeGreaterThanOrEqual(
    Date.parse(child.finished_at ?? ""),
  );
  const statuses = await slipway.api<CommitStatusView[]>(`/statuses/${sha}/${project}`);
  expect(statuses).toMatchObject([{ state: "success", target_url: parent.url }]);
});

test("coverage, ID tokens and deployments of one job", async () => {
  const project = "keywords/deploy";
  const repository = await makeRepository(slipway, project);
  repository.write({
    ".gitlab-ci.yml": `deploy:
  script:
    - echo "token $CLOUD_TOKEN"
    - echo "$CLOUD_TOKEN" | cut -d. -f2 | tr '_-' '/+' | { base64 -d 2>/dev/null || true; } | grep -o '"sub":"[^"]*"'
    - curl -fsS "$CI_SERVER_URL/.well-known/openid-configuration" | grep -o '"jwks_uri":"[^"]*"'
    - curl -fsS "$CI_SERVER_URL/oauth/discovery/keys" | grep -o '"alg":"RS256"'
    - echo "Lines covered 87.5%"
  coverage: '/Lines covered (\\d+\\.\\d+)%/'
  id_tokens: { CLOUD_TOKEN: { aud: https://cloud.test } }
  environment: { name: review/$CI_COMMIT_REF_SLUG, url: "https://$CI_ENVIRONMENT_SLUG.test" }
`,
  });
  const { sha } = await repository.push({ branch: "Topic" });
  const pipeline = await pipelineOf(slipway, project, sha);
  const { deploy } = jobsOf(pipeline);
  const log = await logOf(slipway, deploy?.id ?? 0);
  expect(pipeline, log).toMatchObject({ status: "success", coverage: 87.5 });
  expect(log).toContain("token [MASKED]");
  expect(log).toContain(`"sub":"project_path:${project}:ref_type:branch:ref:Topic"`);
  expect(log).toContain("/oauth/discovery/keys");
  const environments = await slipway.api<DeploymentEnvironmentView[]>(
    `/deployment-environments?project=${project}`,
  );
  expect(environments).toMatchObject([
    {
      name: "review/topic",
      state: "available",
      external_url: expect.stringMatching(/^https:\/\/review-topic-\w+\.test$/),
      last_deployment: { job: deploy?.id, sha, by: "owner", status: "success" },
    },
  ]);
});

test("jobs of one resource group in two pipelines run one after the other", async () => {
  const project = "keywords/groups";
  const repository = await makeRepository(slipway, project);
  repository.write({
    ".gitlab-ci.yml": "deploy:\n  script: [sleep 1]\n  resource_group: live\n",
  });
  const first = await repository.push({ branch: "one" });
  const second = await repository.push({ branch: "two", message: "Another change" });
  const spans = await Promise.all(
    [first, second].map(async ({ sha }) => {
      const { deploy } = jobsOf(await pipelineOf(slipway, project, sha));
      return [Date.parse(deploy?.started_at ?? ""), Date.parse(deploy?.finished_at ?? "")] as const;
    }),
  );
  const [earlier, later] = spans.toSorted((a, b) => a[0] - b[0]);
  expect(later?.[0]).toBeGreaterThanOrEqual(earlier?.[1] ?? Number.NaN);
});
