import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fileSecrets } from "#secrets/file.ts";
import {
  jobsOf,
  logOf,
  makeRepository,
  pipelineOf,
  run,
  type Slipway,
  startSlipway,
} from "./harness.ts";
import { tagsOf } from "./registry.ts";

type Expected = {
  readonly branch: string;
  readonly executors: readonly string[];
  readonly status: string;
  readonly jobs: Readonly<Record<string, string>>;
  readonly log?: Readonly<Record<string, readonly string[]>>;
  /** Tags in the project's repository afterwards, or in one below it. */
  readonly tags?: readonly string[];
  readonly repository?: string;
  /** Jobs whose running times overlap. */
  readonly sideBySide?: readonly [string, string];
  /** A second push of the same tree and what its log shows. */
  readonly again?: { readonly log: Readonly<Record<string, readonly string[]>> };
  /** Names of project variables with a token that may pull another project's image. */
  readonly deployToken?: {
    readonly user: string;
    readonly password: string;
    readonly host: string;
  };
  readonly authConfig?: string;
};

const folder = join(import.meta.dirname, "examples");
const examples = readdirSync(folder)
  .filter((name) => /^\d/.test(name))
  .flatMap((name) => {
    const expected: Expected = JSON.parse(
      readFileSync(join(folder, name, "expected.json"), "utf8"),
    );
    return expected.executors.map((executor) => ({ name, executor, expected }));
  });

let slipway: Slipway;

beforeAll(async () => {
  slipway = await startSlipway(settings());
  await makePrivateBase();
}, 120_000);
afterAll(async () => {
  await slipway.stop();
}, 60_000);

function projectOf(name: string, executor: string): string {
  return `examples/${name}-${executor}`;
}

function settings(): string {
  const projects = examples.map(({ name, executor, expected }) => {
    const { deployToken, authConfig } = expected;
    const variables = [
      ...(deployToken === undefined
        ? []
        : [
            `${deployToken.user}: somebody`,
            `${deployToken.password}: { secret: registry-password }`,
            `${deployToken.host}: { secret: registry-host, masked: false }`,
          ]),
      ...(authConfig === undefined
        ? []
        : [`${authConfig}: { secret: auth-config, masked: false }`]),
    ];
    const lines = variables.map((line) => `      ${line}\n`).join("");
    return `  ${projectOf(name, executor)}:\n    executor: ${executor}\n${lines === "" ? "" : `    variables:\n${lines}`}`;
  });
  return `projects:\n${projects.join("")}`;
}

/** An image of another project, and secrets with which the examples may pull it. */
async function makePrivateBase(): Promise<void> {
  const { machine, registryHost } = slipway;
  const env = {
    ...process.env,
    DOCKER_HOST: `unix://${machine.dockerSocket}`,
    DOCKER_CONFIG: join(slipway.data, "docker"),
  };
  const image = `${registryHost}/examples/private-base:latest`;
  const login = run(
    machine.dockerClient,
    ["login", "-u", "owner", "--password-stdin", registryHost],
    { env },
  );
  login.child.stdin?.end(slipway.token());
  await login;
  await run(machine.dockerClient, ["pull", "busybox"], { env });
  await run(machine.dockerClient, ["tag", "busybox", image], { env });
  await run(machine.dockerClient, ["push", image], { env });
  const secrets = fileSecrets(join(slipway.data, "secrets"));
  await secrets.rotate("registry-password", slipway.token());
  await secrets.rotate("registry-host", registryHost);
  const auth = Buffer.from(`somebody:${slipway.token()}`).toString("base64");
  await secrets.rotate("auth-config", JSON.stringify({ auths: { [registryHost]: { auth } } }));
}

// Each example is a project of its own: while one waits for its jobs, another one pushes.
describe.concurrent("the examples of GitLab's documents run to the end that GitLab gives them", () => {
  test.each(examples)(
    "$name under $executor",
    { timeout: 180_000 },
    async ({ name, executor, expected }) => {
      const project = projectOf(name, executor);
      const repository = await makeRepository(slipway, project, join(folder, "repository"));
      const config = readFileSync(join(folder, name, ".gitlab-ci.yml"), "utf8")
        .replaceAll("REGISTRY_HOST", slipway.registryHost)
        .replaceAll("PROJECT_PATH", project);
      const nonce = createHash("sha256").update(String(Date.now())).digest("hex").slice(0, 8);
      repository.write({ ".gitlab-ci.yml": config, "script/nonce": nonce });
      const { sha } = await repository.push({ branch: expected.branch });
      const pipeline = await pipelineOf(slipway, project, sha);
      const jobs = jobsOf(pipeline);
      const logs = await logsOf(jobs);
      expect(statusesOf(jobs), logs).toEqual(expected.jobs);
      expect(pipeline.status).toBe(expected.status);
      await expectLogs(jobs, expected.log ?? {});
      if (expected.tags !== undefined) {
        const below =
          expected.repository === undefined ? project : `${project}/${expected.repository}`;
        expect((await tagsOf(slipway, below)).filter((tag) => !/^[0-9a-f]{40}$/.test(tag))).toEqual(
          expected.tags,
        );
      }
      if (expected.sideBySide !== undefined) {
        const [first, second] = expected.sideBySide.map((job) => jobs[job]);
        expect(
          first?.started_at && second?.finished_at && first.started_at < second.finished_at,
        ).toBe(true);
        expect(
          second?.started_at && first?.finished_at && second.started_at < first.finished_at,
        ).toBe(true);
      }
      if (expected.again !== undefined) {
        const next = await repository.push({
          branch: expected.branch,
          message: "The same tree again",
        });
        const second = jobsOf(await pipelineOf(slipway, project, next.sha));
        await expectLogs(second, expected.again.log);
      }
    },
  );
});

function statusesOf(jobs: ReturnType<typeof jobsOf>): Record<string, string> {
  return Object.fromEntries(Object.values(jobs).map((job) => [job.name, job.status]));
}

async function logsOf(jobs: ReturnType<typeof jobsOf>): Promise<string> {
  const failed = Object.values(jobs).filter((job) => job.status === "failed");
  const logs = await Promise.all(
    failed.map(
      async (job) => `--- ${job.name} ${job.failure_reason}\n${await logOf(slipway, job.id)}`,
    ),
  );
  return logs.join("\n");
}

async function expectLogs(
  jobs: ReturnType<typeof jobsOf>,
  expected: Readonly<Record<string, readonly string[]>>,
): Promise<void> {
  for (const [name, lines] of Object.entries(expected)) {
    const log = await logOf(slipway, jobs[name]?.id ?? 0);
    for (const line of lines) expect(log).toContain(line);
  }
}
