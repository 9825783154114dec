import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Pipeline } from "#pipeline/pipeline.ts";
import { callerIdentity } from "#runner/aws/caller-identity.ts";
import { pipelineView } from "#service/view/pipeline-view.ts";
import { readLog } from "#service/view/read-log.ts";
import { ENGINE_IMAGE, requireImages } from "../engine/real-engine.ts";
import { roleOf } from "./codebuild-double/open-codebuild.ts";
import { Rejection } from "./codebuild-double/rejection.ts";
import { OWN_IMAGE, openService, type Service } from "./codebuild-service.ts";

await requireImages(ENGINE_IMAGE);

const noClone = "variables: { GIT_STRATEGY: none }\n";
const one = `${noClone}hello:\n  script: [echo "hello from $CI_JOB_NAME"]\n`;

function attempts({ jobs }: Pipeline) {
  return jobs.map(({ name, status, failureReason }) => [name, status, failureReason]);
}

function ticketOf(service: Service, index = 0): string {
  const build = [...service.double.builds.values()][index];
  return build?.settings.variables.find(({ name }) => name === "SLIPWAY_TICKET")?.value ?? "";
}

async function offer(service: Service, body: Record<string, string>): Promise<number> {
  const response = await fetch(`${service.url}/api/slipway/environments/ticket`, {
    method: "POST",
    body: JSON.stringify(body),
  });
  await response.arrayBuffer();
  return response.status;
}

describe("jobs in the shell of a build", () => {
  let service: Service;
  beforeEach(async () => {
    service = await openService("shell");
  });
  afterEach(() => service.close());

  test("run in a build of their own, which ends when they have", async () => {
    const id = await service.push(one);
    const pipeline = await service.completed(id);
    expect(attempts(pipeline)).toEqual([["hello", "success", undefined]]);
    const log = await readLog(service.world.deps, pipeline.jobs[0]?.id ?? 0, {
      offset: 0,
      waitMilliseconds: 0,
    });
    expect(Buffer.from(log?.bytes ?? []).toString()).toContain("hello from hello");
    const [environment] = pipeline.environments;
    const [build, ...more] = [...service.double.builds.values()];
    expect(more).toEqual([]);
    expect(environment?.handle).toBe(build?.id);
    const [job] = pipelineView(pipeline).stages.flatMap(({ jobs }) => jobs);
    expect(job?.provisioning_seconds).toBeGreaterThan(0);
    await expect.poll(() => build?.status, { timeout: 20_000 }).toBe("SUCCEEDED");
  });

  test.for([
    ["lost", { drop: 1 }],
    [
      "delivered tenfold, late and out of order",
      { copies: 10, delayMilliseconds: 300, reorder: 4 },
    ],
  ] as const)("survive AWS's own fault when its events are %s", async ([, delivery]) => {
    Object.assign(service.double.delivery, delivery);
    service.double.knobs.faults = 1;
    const id = await service.push(one);
    const pipeline = await service.completed(id);
    expect(attempts(pipeline)).toEqual([
      ["hello", "failed", "runner_system_failure"],
      ["hello", "success", undefined],
    ]);
    expect(pipeline.environments[0]?.problem).toMatch(/AWS CodeBuild had a fault of its own/);
    expect(service.double.builds.size).toBe(2);
  });

  test("fail at once when their role was deleted, and say so", async () => {
    service.double.knobs.deletedRoles.add(roleOf({ access: "push", project: "group/app" }));
    const pipeline = await service.completed(await service.push(one));
    expect(attempts(pipeline)).toEqual([["hello", "failed", "runner_system_failure"]]);
    expect(pipeline.environments[0]?.problem).toMatch(/role .* Was it deleted or changed\?/);
  });

  test("whose role goes while they wait are retried, and then fail with that word", async () => {
    // Long enough for the role to be deleted first on a busy machine; later builds need not wait.
    service.double.knobs.provisioningMilliseconds = 5_000;
    const id = await service.push(one);
    service.double.knobs.deletedRoles.add(roleOf({ access: "push", project: "group/app" }));
    service.double.knobs.provisioningMilliseconds = 100;
    const pipeline = await service.completed(id);
    expect(pipeline.status).toBe("failed");
    expect(pipeline.environments.at(-1)?.problem).toMatch(/role .* Was it deleted or changed\?/);
  });

  test("wait at the account's limit, say so, and go on when there is room", async () => {
    service.double.knobs.queueFactor = 0;
    service.double.setLimit(1);
    const both = `${noClone}one:\n  script: [sleep 1]\ntwo:\n  script: [sleep 1]\n`;
    const id = await service.push(both);
    await service.until(id, () =>
      service.world.statuses.some(({ description }) =>
        /wait.* for build capacity/i.test(description),
      ),
    );
    const pipeline = await service.completed(id);
    expect(attempts(pipeline).map(([, status]) => status)).toEqual(["success", "success"]);
    expect(service.double.builds.size).toBe(2);
  });

  test("wait while StartBuild is throttled", async () => {
    const error = new Rejection("ThrottlingException", "Rate exceeded");
    service.double.knobs.failures.push({ operation: "StartBuild", error });
    const id = await service.push(one);
    expect(service.double.builds.size).toBe(0);
    const pipeline = await service.completed(id);
    expect(attempts(pipeline)).toEqual([["hello", "success", undefined]]);
    expect(pipeline.environments).toHaveLength(1);
  });

  test("run in the one build that was started before the answer was lost", async () => {
    service.double.knobs.silent.push("StartBuild");
    const pipeline = await service.completed(await service.push(one));
    expect(attempts(pipeline)).toEqual([["hello", "success", undefined]]);
    expect(service.double.builds.size).toBe(1);
  });

  test("lose nothing to somebody who read the ticket: only the build itself may offer it", async () => {
    service.double.knobs.provisioningMilliseconds = 1_500;
    const id = await service.push(`${one}other:\n  script: [echo other]\n`);
    const ticket = ticketOf(service);
    expect(await offer(service, { ticket })).toBe(401);
    const builds = [...service.double.builds.values()];
    const environmentId = builds[0]?.settings.variables.find(
      ({ name }) => name === "SLIPWAY_ENVIRONMENT_ID",
    )?.value;
    const env = {
      AWS_REGION: service.double.place.region,
      AWS_ENDPOINT_URL_STS: service.double.url,
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${service.double.url}${builds[1]?.credentialsPath}`,
    };
    const caller = (await callerIdentity(env, environmentId ?? "")) ?? "";
    expect(await offer(service, { ticket, caller })).toBe(401);
    const pipeline = await service.completed(id);
    expect(pipeline.jobs).toHaveLength(2);
    expect(pipeline.status).toBe("success");
  });

  test("are taken from a build whose ticket is offered a second time", async () => {
    const id = await service.push(`${noClone}hello:\n  script: [sleep 3]\n`);
    await service.until(id, ({ jobs }) => jobs[0]?.status === "running");
    expect(await offer(service, { ticket: ticketOf(service) })).toBe(403);
    const pipeline = await service.completed(id);
    expect(attempts(pipeline)).toEqual([
      ["hello", "failed", "runner_system_failure"],
      ["hello", "success", undefined],
    ]);
    expect([...service.double.builds.values()][0]?.status).toBe("STOPPED");
  });
});

describe("jobs of docker-socket", () => {
  test("share one warm build, which leaves when nothing is expected any more", async () => {
    const service = await openService("docker-socket");
    try {
      const image = `{ name: "${OWN_IMAGE}", pull_policy: if-not-present }`;
      const stages = ["one", "two", "three"];
      const jobs = stages.map((name) => `${name}:\n  stage: ${name}\n  script: [echo ${name}]\n`);
      const head = `stages: [${stages.join(", ")}]\nimage: ${image}\n${noClone}`;
      const pipeline = await service.completed(await service.push(head + jobs.join("")));
      expect(attempts(pipeline)).toEqual(stages.map((name) => [name, "success", undefined]));
      const seconds = pipelineView(pipeline).stages.flatMap(({ jobs }) =>
        jobs.map((job) => job.provisioning_seconds),
      );
      expect(seconds).toEqual([expect.any(Number), 0, 0]);
      expect(seconds[0]).toBeGreaterThan(0);
      expect(service.double.builds.size).toBe(1);
      const [build] = [...service.double.builds.values()];
      await expect.poll(() => build?.status, { timeout: 20_000 }).toBe("SUCCEEDED");
    } finally {
      await service.close();
    }
  });
});
