import type Docker from "dockerode";
import { ENVIRONMENT_LABEL } from "#engine/labels.ts";
import type { Settings } from "../../settings.ts";
import { engineFailure } from "../engine-client.ts";
import type { Executor, JobContext, JobPlace } from "../executor.ts";
import { removeLabelled } from "../remove-labelled.ts";
import type { DockerTools, Made } from "./docker-tools.ts";
import { startHelper } from "./helper/helper-container.ts";
import { helperImage } from "./helper/helper-image.ts";
import { type HelperPool, helperPool } from "./helper/helper-pool.ts";
import { helperWorkspace } from "./helper/helper-workspace.ts";
import { imageStore } from "./image-store.ts";
import { makeContainers, removeMade } from "./job-containers.ts";
import { networks } from "./networks.ts";
import { isSharedEngine } from "./shared-engine.ts";
import { makeSurroundings, prepareEngine } from "./surroundings.ts";
import { isUnprivileged } from "./unprivileged.ts";
import { BUILDS, volumes } from "./volumes.ts";

/** Runs jobs in containers of their `image:`, beside their `services:`, on the environment's engine. */
export function dockerExecutor(engine: Docker, settings: Settings): Executor {
  const removals = new Set<Promise<void>>();
  const places = { networks: networks(engine, settings), volumes: volumes(engine, settings) };
  const tools: DockerTools = {
    engine,
    settings,
    images: imageStore(engine, {
      dockerHost: settings.dockerHost,
      shared: isSharedEngine(settings),
    }),
    ...places,
    helpers: openHelpers(engine, settings, places),
    inBackground: (removal) => {
      removals.add(removal);
      void removal.finally(() => removals.delete(removal));
    },
  };
  const ofEnvironment = [`${ENVIRONMENT_LABEL}=${settings.environmentId}`];
  return {
    builds: () => BUILDS,
    variables: { CI_DISPOSABLE_ENVIRONMENT: "true" },
    open: (context) => openPlace(tools, context),
    removeLeftovers: async () => {
      await removeLabelled(engine, ofEnvironment);
      // The first job is being asked for meanwhile.
      tools.helpers.prepare(0);
    },
    close: async () => {
      await tools.helpers.close();
      await Promise.allSettled(removals);
      await removeLabelled(engine, ofEnvironment);
    },
  };
}

function openPlace(tools: DockerTools, context: JobContext): JobPlace {
  const { settings } = tools;
  const made: Made = { helpers: new Set(), disks: [] };
  const prepared = once(() => prepareEngine(context));
  const surroundings = once(async () => makeSurroundings(tools, context, await prepared(), made));
  const files = helperWorkspace(context.paths, async () => {
    const { connection } = await surroundings().catch((error: unknown) => {
      throw engineFailure(error, "Preparing the helper", settings.dockerHost);
    });
    const helper = await tools.helpers.take(context.slot, connection.network.name);
    made.helpers.add(helper);
    return helper;
  });
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= removeMade(tools, context, made);
    return closing;
  };
  return {
    workspace: {
      ...files,
      rest: (more) => {
        files.rest(more);
        prepareNext(tools, context.slot);
      },
      discard: async () => {
        await files.discard();
        await close();
        await tools.volumes.discard(context.slot);
      },
    },
    prepare: async (log, stop) => {
      try {
        const on = { engine: await prepared(), surroundings: surroundings() };
        // Awaited later, and by others too.
        on.surroundings.catch(() => undefined);
        const container = await makeContainers(tools, context, on, made, log, stop);
        return container.run;
      } catch (error) {
        stop.throwIfAborted();
        throw engineFailure(error, "Preparing the job", settings.dockerHost);
      }
    },
    disks: () => made.disks,
    close,
  };
}

/** While a script runs, the helpers of the jobs after it are started. */
function prepareNext({ settings, helpers }: DockerTools, slot: number): void {
  // Other environments end with their job.
  if (settings.executor !== "docker-socket") return;
  helpers.prepare(slot);
  if (slot + 1 < settings.capacity) helpers.prepare(slot + 1);
}

function openHelpers(
  engine: Docker,
  settings: Settings,
  places: Pick<DockerTools, "networks" | "volumes">,
): HelperPool {
  const image = once(() => helperImage(engine, settings));
  return helperPool(
    async (slot, network) => {
      const [made, { binds }] = await Promise.all([image(), places.volumes.ofSlot(slot)]);
      return startHelper(engine, settings, made, { network, binds });
    },
    async (slot) => {
      const { networks } = places;
      const likely = isUnprivileged(settings) ? networks.ofSlot(slot) : networks.shared();
      return (await likely).name;
    },
  );
}

/** Begun when it is first asked for; begun anew where it failed. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}
