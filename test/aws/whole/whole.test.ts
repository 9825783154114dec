import { afterAll, beforeAll, describe, expect, onTestFailed, test } from "vitest";
import { findMachine } from "#local/setup/machine.ts";
import type { JobView } from "#service/view/job-view.ts";
import type { PipelineSummaryView } from "#service/view/pipeline-summary-view.ts";
import type { PipelineView } from "#service/view/pipeline-view.ts";
import { connectedForges, type ForgeDouble } from "../../end-to-end/connected-forges.ts";
import { makeSample, type Sample } from "../../forge/client-contract.ts";
import { type Cloud, startCloud } from "./cloud.ts";
import { installMinistack } from "./ministack.ts";

const found = await installMinistack();
if ("problem" in found) console.log(`skipped: the stacks in an emulator. ${found.problem}`);

/** Four stages with tests side by side, as teams have them that build images with a socket or docker-in-docker. */
const fourStages = `
stages: [build, test, release, deploy]
variables:
  TEST_IMAGE: $CI_REGISTRY_IMAGE:$CI_COMMIT_REF_SLUG
  RELEASE_IMAGE: $CI_REGISTRY_IMAGE:latest
default:
  image: docker:stable
  before_script:
    - docker login -u gitlab-ci-token -p "$CI_JOB_TOKEN" "$CI_REGISTRY"
build:
  stage: build
  script:
    - docker build --pull -t "$TEST_IMAGE" .
    - docker push "$TEST_IMAGE"
test1:
  stage: test
  script:
    - docker pull "$TEST_IMAGE"
    - docker run --rm "$TEST_IMAGE" cat /README.md
test2:
  stage: test
  script:
    - docker pull "$TEST_IMAGE"
    - docker run --rm "$TEST_IMAGE" true
release-image:
  stage: release
  script:
    - docker pull "$TEST_IMAGE"
    - docker tag "$TEST_IMAGE" "$RELEASE_IMAGE"
    - docker push "$RELEASE_IMAGE"
  only: [main]
deploy:
  stage: deploy
  script:
    - echo "deployed $CI_COMMIT_SHORT_SHA"
  only: [main]
`;

const executors = ["docker-in-docker", "docker-socket", "shell"] as const;
/** One project on a forge for each executor. */
const cases = executors.flatMap((executor, index) => {
  const forge = connectedForges[index];
  return forge === undefined ? [] : [{ executor, forge, connection: `team-${forge.kind}` }];
});

describe.skipIf("problem" in found)("the deployed stacks", () => {
  let cloud: Cloud;
  let sample: Sample;
  let token = "";
  const doubles = new Map<string, ForgeDouble>();

  beforeAll(async () => {
    const machine = await findMachine();
    sample = makeSample("space/app", {
      ".gitlab-ci.yml": fourStages,
      Dockerfile: "FROM busybox\nCOPY README.md /\n",
      "README.md": "A sample.\n",
    });
    const forges: string[] = [];
    for (const { forge, connection } of cases) {
      const double = await forge.start(machine.gatewayAddress, sample.repository);
      doubles.set(connection, double);
      const tokens = `token: {secret: ${connection}}, clone_token: {secret: ${connection}}`;
      forges.push(`  ${connection}: {kind: ${forge.kind}, url: "${double.url}", ${tokens}}`);
    }
    const projects = cases.map(
      ({ executor, forge, connection }) =>
        `  ${forge.project}: {forge: ${connection}, executor: ${executor}}`,
    );
    cloud = await startCloud({
      machine,
      python: "python" in found ? found.python : "",
      settings: `forges:\n${forges.join("\n")}\nprojects:\n${projects.join("\n")}\n`,
    });
    for (const [connection, double] of doubles) {
      await cloud.slipway(["secret", connection, "--aws"], double.token);
    }
    token = (await cloud.slipway(["secret", "show", "access-token", "--aws"])).trim();
  });
  afterAll(async () => {
    await cloud?.stop();
    for (const double of doubles.values()) await double.stop();
    sample?.remove();
  });

  async function api<T>(path: string): Promise<T> {
    const response = await fetch(`${cloud.url}/api/slipway${path}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  async function settled(project: string): Promise<PipelineView> {
    const list = await api<PipelineSummaryView[]>(
      `/pipelines?project=${encodeURIComponent(project)}`,
    );
    const [newest] = list;
    if (newest === undefined) throw new Error(`${project} has no pipeline yet`);
    const view = await api<PipelineView>(`/pipelines/${newest.id}`);
    if (view.status !== "success" && view.status !== "failed") {
      throw new Error(`still ${view.status}`);
    }
    return view;
  }

  const whatFailed = async (view: PipelineView): Promise<string> => {
    const jobs: readonly JobView[] = view.stages.flatMap((stage) => stage.jobs);
    const failed = jobs.filter(({ status }) => status !== "success");
    const logs = failed.map(async ({ id, name }) => {
      const response = await fetch(`${cloud.url}/api/slipway/jobs/${id}/trace`, {
        headers: { authorization: `Bearer ${token}` },
      });
      return `${name}:\n${await response.text()}`;
    });
    return (await Promise.all(logs)).join("\n");
  };

  test.for(cases)(
    "a signed webhook of $forge.kind is followed to the image in the registry and the status on the forge, $executor",
    async ({ executor, forge, connection }) => {
      onTestFailed(async () => console.log((await cloud.logs()).slice(-20_000)));
      const double = doubles.get(connection);
      if (double === undefined) throw new Error(`There is no double of ${forge.kind}`);
      // Half of the events of builds are lost, the others come three times, late and out of order.
      Object.assign(cloud.codebuild.delivery, {
        drop: 0.5,
        copies: 3,
        delayMilliseconds: 2_000,
        reorder: 2,
      });
      await cloud.slipway([
        ...["connect", forge.kind, double.url, forge.project, "--aws"],
        ...["--service-url", cloud.url],
      ]);
      const delivery = forge.push(sample.second, double.secret());
      const send = async (body: string): Promise<number> => {
        const response = await fetch(`${cloud.url}/webhooks/${connection}/${forge.project}`, {
          method: "POST",
          headers: { ...delivery.headers, "content-type": "application/json" },
          body,
        });
        await response.arrayBuffer();
        return response.status;
      };
      expect(await send(`${delivery.body} `)).toBe(401);
      expect(await send(delivery.body)).toBe(202);
      expect(await send(delivery.body)).toBe(200);

      const view = await expect
        .poll(() => settled(forge.project), { timeout: 280_000, interval: 1_000 })
        .toMatchObject({ project: forge.project })
        .then(() => settled(forge.project));
      expect(view.status, await whatFailed(view)).toBe("success");
      expect(view.stages.map(({ name, jobs }) => [name, jobs.map((job) => job.name)])).toEqual([
        ["build", ["build"]],
        ["test", ["test1", "test2"]],
        ["release", ["release-image"]],
        ["deploy", ["deploy"]],
      ]);

      const tags = await cloud.ecr.images.listTags(forge.project);
      expect(tags).toEqual(["latest", "main"]);
      await expect
        .poll(() => withoutRepeats(double.told()), { timeout: 90_000 })
        .toEqual(withoutRepeats(forge.statuses));
      const all = await api<PipelineSummaryView[]>(
        `/pipelines?project=${encodeURIComponent(forge.project)}`,
      );
      expect(all).toHaveLength(1);
      const builds = [...cloud.codebuild.builds.values()].filter(({ settings }) =>
        settings.buildspec.endsWith(`${executor}.yml`),
      );
      // One warm build takes job after job; the other executors have a build for each.
      expect(builds.length).toBe(executor === "docker-socket" ? 1 : 5);
      expect(JSON.stringify(builds.map(({ settings }) => settings))).not.toContain(double.token);
    },
  );
});

/** A forge hears again of a state when its description changes, such as how many jobs are done. */
function withoutRepeats(states: readonly string[]): readonly string[] {
  return states.filter((state, index) => state !== states[index - 1]);
}
