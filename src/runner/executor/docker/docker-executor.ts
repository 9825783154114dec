import { join } from "node:path";
import type Docker from "dockerode";
import { ENVIRONMENT_LABEL } from "#engine/labels.ts";
import type { Settings } from "../../settings.ts";
import type { Log } from "../../trace/trace.ts";
import { engineFailure } from "../engine-client.ts";
import type { Executor, JobContext, PreparedJob } from "../executor.ts";
import { removeLabelled } from "../remove-labelled.ts";
import { imageStore } from "./image-pull.ts";
import { type DockerTools, type Made, makeContainers, removeMade } from "./job-containers.ts";
import { networks } from "./networks.ts";
import { takeBackFiles } from "./take-back-files.ts";

/** Runs jobs in containers of their `image:`, beside their `services:`, on the environment's engine. */
export function dockerExecutor(engine: Docker, settings: Settings): Executor {
  const removals = new Set<Promise<void>>();
  const tools: DockerTools = {
    engine,
    settings,
    images: imageStore(engine, settings.dockerHost),
    networks: networks(engine, settings),
    inBackground: (removal) => {
      removals.add(removal);
      void removal.finally(() => removals.delete(removal));
    },
  };
  const builds = join(settings.directory, "builds");
  const { executor, capacity, privileged } = settings;
  const alone = executor === "docker-in-docker" && capacity === 1 && privileged;
  const ofEnvironment = [`${ENVIRONMENT_LABEL}=${settings.environmentId}`];
  return {
    // An environment for one job has its builds where the job sees them, so that the script's own
    // `docker run --volume $CI_PROJECT_DIR:…` names a directory that the engine has too.
    builds: (slot) => ({
      inside: "/builds",
      outside: alone ? "/builds" : join(builds, String(slot)),
    }),
    variables: { CI_DISPOSABLE_ENVIRONMENT: "true" },
    prepare: (context, log, stop) => prepare(tools, context, log, stop),
    removeLeftovers: () => removeLabelled(engine, ofEnvironment),
    close: async () => {
      await Promise.allSettled(removals);
      await removeLabelled(engine, ofEnvironment);
    },
  };
}

async function prepare(
  tools: DockerTools,
  context: JobContext,
  log: Log,
  stop: AbortSignal,
): Promise<PreparedJob> {
  const made: Made = {};
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= removeMade(tools, context, made);
    return closing;
  };
  try {
    const container = await makeContainers(tools, context, made, log, stop);
    const takeBack = async () => {
      if (made.ref !== undefined) await takeBackFiles(tools.engine, context, made.ref);
    };
    return { run: container.run, takeBack, close };
  } catch (error) {
    await close();
    stop.throwIfAborted();
    throw engineFailure(error, "Preparing the job", tools.settings.dockerHost);
  }
}
