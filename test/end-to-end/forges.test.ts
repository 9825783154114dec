import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fileSecrets } from "#secrets/file.ts";
import type { PipelineSummaryView } from "#service/view/pipeline-summary-view.ts";
import { makeSample, type Sample } from "../forge/client-contract.ts";
import { gitSync } from "../local/git-host/git-fixture.ts";
import { connectedForges } from "./connected-forges.ts";
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

test.for(connectedForges)(
  "a push to a project on $kind is built once, from a clone of the forge, and every step is told there",
  async ({ kind, project, start, push, statuses }) => {
    const double = await start(slipway.machine.gatewayAddress, sample.repository);
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
    const all = await slipway.api<PipelineSummaryView[]>(
      `/pipelines?project=${encodeURIComponent(project)}`,
    );
    expect(all).toHaveLength(1);

    // Four tags at once: GitLab and GitHub tell of none of them.
    const cli = async (...args: string[]) => {
      const command = [join(root, "cli/slipway.js"), ...args, "--data", slipway.data, "--json"];
      return JSON.parse((await run(process.execPath, command)).stdout);
    };
    expect(await cli("sync", project)).toMatchObject([{ first: true, found: [] }]);
    const { repository } = sample;
    const quiet = gitSync(repository, "commit-tree", "main^{tree}", "-m", "[skip ci] quiet");
    const tags = [1, 2, 3, 4].map((number) => `${kind}-${number}`);
    for (const tag of tags) gitSync(repository, "tag", tag, quiet);
    const [look] = await cli("sync", project);
    expect(look.found).toMatchObject(tags.map((tag) => ({ ref: `refs/tags/${tag}`, sha: quiet })));
    await expect
      .poll(async () => (await cli("deliveries", look.delivery)).pipelines, { timeout: 20_000 })
      .toMatchObject(tags.map(() => ({ status: "skipped" })));
  },
);
