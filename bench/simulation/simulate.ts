import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { directoryBlobs } from "#blobs/directory.ts";
import { createSigningToken } from "#forge/http/standard-webhooks.ts";
import type { Executor, Pipeline } from "#pipeline/pipeline.ts";
import { isCompleted } from "#pipeline/status.ts";
import type { ProjectSettings } from "#project/settings.ts";
import { receiveWebhook } from "#service/delivery/receive-webhook.ts";
import type { ServiceDeps } from "#service/deps.ts";
import { handleMessage } from "#service/handle-message.ts";
import { sweep } from "#service/sweep/sweep.ts";
import { replayPipeline } from "#service/view/replay-pipeline.ts";
import { dynamodbStore } from "#store/dynamodb/dynamodb.ts";
import { chanceOf } from "./chance.ts";
import { type Clock, simulatedClock } from "./clock.ts";
import { type BuildFaults, type CodeBuildModel, codeBuildModel } from "./codebuild-model.ts";
import { forgeModel, pushOf } from "./forge-model.ts";
import { type MemoryTable, memoryTable } from "./memory-table.ts";
import { projectOf } from "./projects.ts";
import { type QueueFaults, type QueueModel, queueModel } from "./queue-model.ts";
import { type RunnerFaults, runnerModel } from "./runner-model.ts";

export type SimulationOptions = {
  readonly pipelines: number;
  /** Builds that CodeBuild runs at a time. */
  readonly limit: number;
  /** All pushes come within this time. */
  readonly pushSeconds: number;
  readonly executor?: Executor;
  readonly seed?: number;
  /** More simulated time than this and what has not ended counts as lost. */
  readonly mostSeconds?: number;
  readonly progress?: (ended: number, seconds: number) => void;
};

export type Simulation = {
  /** As they are stored in the end. */
  readonly pipelines: readonly Pipeline[];
  /** Ids of those whose stored events, given again, end in another state than the stored one. */
  readonly endOtherwise: readonly number[];
  /** How often each script was run, by `pipeline id/job`. */
  readonly runs: ReadonlyMap<string, number>;
  /** From the first push to the end of the last pipeline. */
  readonly seconds: number;
  readonly table: MemoryTable;
  readonly builds: CodeBuildModel;
  readonly queue: QueueModel;
  readonly statuses: number;
  /** What the service logged as an error, by message. */
  readonly errors: ReadonlyMap<string, number>;
};

const start = Date.parse("2026-11-21T08:00:00Z");
const sweepMilliseconds = 60_000;

const queueFaults: QueueFaults = { lost: 0.01, doubled: 0.01, late: 0.02 };
const buildFaults: BuildFaults = {
  eventLost: 0.01,
  eventDoubled: 0.01,
  answerLost: 0.002,
  provisioningFails: 0.003,
};
const runnerFaults: RunnerFaults = { jobAnswerLost: 0.003, endRepeated: 0.01 };

/**
 * Pushes so many pipelines of five jobs at the real service on the real store, with models of what is around it:
 * CodeBuild, its events, the queues, runners and the forge. Time is simulated.
 */
export async function simulate(options: SimulationOptions): Promise<Simulation> {
  const directory = await mkdtemp(join(tmpdir(), "slipway-simulation-"));
  try {
    return await simulateIn(directory, options);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function simulateIn(directory: string, options: SimulationOptions): Promise<Simulation> {
  const clock = simulatedClock(start);
  const chance = chanceOf(options.seed ?? 1);
  const table = memoryTable(clock.now);
  const token = createSigningToken();
  const runs = new Map<string, number>();
  const errors = new Map<string, number>();
  let statuses = 0;
  const queue = queueModel(clock, chance, queueFaults, (message) => handleMessage(deps, message));
  const builds = codeBuildModel({
    clock,
    chance,
    faults: buildFaults,
    limit: options.limit,
    runner: runnerModel({
      clock,
      chance,
      faults: runnerFaults,
      deps: () => deps,
      ran: (pipelineId, job) => {
        const key = `${pipelineId}/${job}`;
        runs.set(key, (runs.get(key) ?? 0) + 1);
      },
    }),
    notify: (pipelineId) => queue.send({ type: "pipeline", pipelineId }),
  });
  let tokens = 0;
  const deps: ServiceDeps = {
    store: dynamodbStore(table.client, "memory", { now: clock.now }),
    blobs: directoryBlobs(directory),
    queue,
    secrets: {
      get: async () => [token],
      ensure: async () => token,
      rotate: async () => undefined,
    },
    registry: {
      host: "registry.test",
      jobCredentials: async ({ jobToken }) => ({ username: "gitlab-ci-token", password: jobToken }),
      ensureRepository: async () => undefined,
      listTags: async () => [],
      retag: async () => "absent",
      deleteTag: async () => "absent",
    },
    environments: builds,
    forges: new Map([["local", forgeModel(() => (statuses += 1))]]),
    server: { url: "http://slipway.test", version: "0.1.0", registry: "registry.test" },
    settings: async ({ project }) => settingsOf(project, options.executor ?? "docker-in-docker"),
    builtInPipeline: "",
    now: clock.now,
    randomToken: () => `token ${tokens++}`,
    hash: (text) => createHash("sha256").update(text).digest("hex"),
    announce: () => undefined,
    waitForChange: async () => undefined,
    holdMilliseconds: 0,
    defer: async (work) => {
      await work();
    },
    log: (level, message) => {
      if (level === "error") errors.set(message, (errors.get(message) ?? 0) + 1);
    },
  };

  for (let number = 0; number < options.pipelines; number++) {
    const path = projectOf(number);
    clock.after(chance.between(`push ${number}`, 0, options.pushSeconds * 1000), () =>
      push(deps, path, number, token),
    );
  }
  const watch = endWatch(deps, clock, options);
  const sweepAgain = async (): Promise<void> => {
    await sweep(deps);
    await watch.look();
    if (!watch.isOver()) clock.after(sweepMilliseconds, sweepAgain);
  };
  clock.after(sweepMilliseconds, sweepAgain);
  await clock.run(watch.isOver);

  const pipelines = await allPipelines(deps);
  const ends = pipelines.map(({ finishedAt }) => Date.parse(finishedAt ?? "") || clock.now());
  const replays = await Promise.all(pipelines.map(({ id }) => replayPipeline(deps, id)));
  return {
    pipelines,
    endOtherwise: pipelines
      .filter((_, index) => {
        const replay = replays[index];
        return typeof replay !== "object" || replay.isFull || replay.differs.length > 0;
      })
      .map(({ id }) => id),
    runs,
    seconds: (Math.max(start, ...ends) - start) / 1000,
    table,
    builds,
    queue,
    statuses,
    errors,
  };
}

async function push(deps: ServiceDeps, path: string, number: number, token: string) {
  const request = pushOf(path, number, token, Math.floor(deps.now() / 1000));
  const answer = await receiveWebhook(deps, { forge: "local", project: path }, request);
  if (answer.status !== 202) throw new Error(`push ${number}: ${JSON.stringify(answer)}`);
}

/** Whether everything has ended: all pushed, and nothing open or in line, looked at once for each sweep. */
function endWatch(deps: ServiceDeps, clock: Clock, options: SimulationOptions) {
  const mostSeconds = options.mostSeconds ?? 60 * 24 * 3600;
  let over = false;
  return {
    isOver: () => over,
    look: async (): Promise<void> => {
      const seconds = (clock.now() - start) / 1000;
      const open = await deps.store.pipelines.listOpen();
      if (Math.floor(seconds) % 3600 < 60) options.progress?.(open.length, seconds);
      if (seconds > mostSeconds) over = true;
      if (seconds <= options.pushSeconds || open.length > 0) return;
      if ((await deps.store.pipelines.listInLine(1)).length > 0) return;
      over = (await deps.store.deliveries.listUnfinished()).length === 0;
    },
  };
}

async function allPipelines(deps: ServiceDeps): Promise<readonly Pipeline[]> {
  const found: Pipeline[] = [];
  for (const { id } of await deps.store.pipelines.list({ limit: Number.MAX_SAFE_INTEGER })) {
    const stored = await deps.store.pipelines.get(id);
    if (stored !== undefined) found.push(stored.value);
  }
  return found;
}

export function hasPassed(pipeline: Pipeline): boolean {
  return isCompleted(pipeline.status) && pipeline.status === "success";
}

function settingsOf(path: string, executor: Executor): ProjectSettings {
  return {
    path,
    forge: "local",
    executor,
    privileged: true,
    capacity: executor === "docker-socket" ? 2 : 1,
    maxEnvironments: 10,
    jobTimeoutSeconds: 3600,
    configPath: ".gitlab-ci.yml",
    protectedBranches: [],
    protectedTags: [],
    registry: true,
    maxArtifactsBytes: 10_000_000,
    maxCacheBytes: 10_000_000,
    maxProjectCachesBytes: 40_000_000,
    maxLogBytes: 64 * 1024 * 1024,
    variables: [],
  };
}
