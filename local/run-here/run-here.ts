import { existsSync } from "node:fs";
import { symlink } from "node:fs/promises";
import { join, resolve } from "node:path";
import { repositoryDirectory } from "#forge/project-path.ts";
import type { PipelineSource } from "#language/facts.ts";
import type { Variable } from "#language/variables.ts";
import type { Executor } from "#pipeline/pipeline.ts";
import { controlPipeline } from "#service/advance/control.ts";
import { createPipelineFor } from "#service/create/create-pipeline.ts";
import { isoNow, type Log, type Ports, type ServiceDeps } from "#service/deps.ts";
import { type PipelineView, pipelineView } from "#service/view/pipeline-view.ts";
import { MachineProblem } from "../machine-problem.ts";
import { startService } from "../up/start-service.ts";
import { followJobs, type Watcher } from "./follow-jobs.ts";
import { removePrivateDirectory, takePrivateDirectory } from "./private-directory.ts";
import { projectPathOf } from "./project-path.ts";
import type { RunSettingsFile } from "./run-settings.ts";
import { snapshotTree } from "./snapshot-tree.ts";
import { treeEvent } from "./tree-event.ts";

export type RunHereOptions = {
  /** Anywhere in the working tree. */
  readonly directory: string;
  /** Only these jobs and what they need; none: all. */
  readonly jobs: readonly string[];
  readonly ref?: string;
  readonly isTag: boolean;
  readonly defaultBranch?: string;
  readonly source: PipelineSource;
  readonly variables: readonly Variable[];
  readonly executor?: Executor;
  /** `group/project`; absent: as the tree's remote says. */
  readonly project?: string;
  readonly settings: RunSettingsFile;
  /** The data directory; it need not exist. */
  readonly data: string;
  /** Whether its secrets are handed over. */
  readonly secrets: boolean;
};

export type RunHereWatcher = Watcher & {
  readonly say: (line: string) => void;
  readonly problem: (line: string) => void;
};

export type RunHereSignals = {
  /** Cancels the pipeline, which then comes to its end by itself. */
  readonly cancel: AbortSignal;
  /** Waits for nothing any more. */
  readonly leave: AbortSignal;
};

/** A run that came to no pipeline; the message says why. */
export class NothingToRun extends MachineProblem {
  override readonly name = "NothingToRun";
}

/**
 * Runs the pipeline of a working tree by a service of its own that ends with it: own state, own registry,
 * own environments. Whatever was made is removed, however it ends.
 */
export async function runHere(
  options: RunHereOptions,
  watcher: RunHereWatcher,
  signals: RunHereSignals,
): Promise<PipelineView> {
  const place = await takePrivateDirectory();
  try {
    if (options.secrets) await lendSecrets(options.data, place.path, watcher);
    if (options.settings.remark !== undefined) watcher.say(options.settings.remark);
    const { executor } = options;
    const running = await startService({
      data: place.path,
      port: place.port,
      config: options.settings.file ?? join(place.path, "slipway.yaml"),
      log: onlyErrors(watcher),
      ...(executor && { changeSettings: (settings) => ({ ...settings, executor }) }),
    });
    const { deps } = running.service;
    try {
      signals.cancel.throwIfAborted();
      const repositories = running.data.at("repositories");
      const pipelineId = await startPipeline(deps, repositories, options, watcher);
      return await untilDone(deps, pipelineId, watcher, signals);
    } finally {
      await running.stop(() => stopEnvironments(deps));
    }
  } finally {
    await removePrivateDirectory(place.path);
  }
}

async function lendSecrets(data: string, place: string, watcher: RunHereWatcher): Promise<void> {
  const secrets = join(resolve(data), "secrets");
  if (existsSync(secrets)) await symlink(secrets, join(place, "secrets"));
  else watcher.problem(`There are no secrets in ${data}: name the data directory with --data.`);
}

/** Variables that are secrets are empty without them, which scripts seldom say in these words. */
async function tellMissingSecrets(
  deps: ServiceDeps,
  path: string,
  options: RunHereOptions,
  watcher: RunHereWatcher,
): Promise<void> {
  const settings = await deps.settings({ forge: "local", project: path });
  const names = (settings?.variables ?? []).flatMap(({ key, value }) =>
    "secret" in value ? [key] : [],
  );
  if (options.secrets || names.length === 0) return;
  watcher.say(`Without secrets, which ${names.join(", ")} would be: add --secrets for them`);
}

async function startPipeline(
  deps: ServiceDeps,
  repositories: string,
  options: RunHereOptions,
  watcher: RunHereWatcher,
): Promise<number> {
  const path = options.project ?? (await projectPathOf(options.directory));
  const repository = repositoryDirectory(repositories, path);
  if (repository === undefined) throw new NothingToRun(`"${path}" cannot be a project's path.`);
  const snapshot = await snapshotTree({ ...options, repository, leaveOut: [options.data] });
  await deps.store.projects.ensure({ forge: "local", project: path }, isoNow(deps));
  const project = await deps.forges.get("local")?.client(path).readProject();
  if (project === undefined) throw new Error(`The repository of ${path} cannot be read.`);
  const event = await treeEvent(snapshot, project, repository, options.source);
  watcher.say(`Running ${path} at ${snapshot.ref.replace(/^refs\//, "")}, as it is on disk`);
  watcher.say(
    `Images go to ${deps.server.registry}/${path.toLowerCase()}: gone when this run ends`,
  );
  await tellMissingSecrets(deps, path, options, watcher);
  const { source, variables, jobs } = options;
  const outcome = await createPipelineFor(deps, "local", event, { source, variables, jobs });
  if (outcome.result === "nothing") throw new NothingToRun(`Nothing to run: ${outcome.why}.`);
  return outcome.pipelineId;
}

async function untilDone(
  deps: ServiceDeps,
  pipelineId: number,
  watcher: RunHereWatcher,
  signals: RunHereSignals,
): Promise<PipelineView> {
  const cancel = (): void => {
    watcher.say("Canceling; once more to leave at once");
    controlPipeline(deps, pipelineId, { type: "cancel", by: "owner" }).catch((error: unknown) =>
      watcher.problem(`The pipeline cannot be canceled: ${error}`),
    );
  };
  signals.cancel.addEventListener("abort", cancel, { once: true });
  if (signals.cancel.aborted) cancel();
  const left = new Promise<never>((_, leave) => {
    signals.leave.addEventListener("abort", () => leave(signals.leave.reason), { once: true });
  });
  try {
    return pipelineView(await Promise.race([followJobs(deps, pipelineId, watcher), left]));
  } finally {
    signals.cancel.removeEventListener("abort", cancel);
  }
}

async function stopEnvironments(deps: Pick<Ports, "environments">): Promise<void> {
  const left = await deps.environments.list();
  await Promise.all(left.map((environment) => deps.environments.stop(environment)));
}

function onlyErrors(watcher: RunHereWatcher): Log {
  return (level, message, fields = {}) => {
    if (level !== "error") return;
    const details = Object.entries(fields).map(([name, value]) => `${name}: ${value}`);
    watcher.problem([message, ...details].join("; "));
  };
}
