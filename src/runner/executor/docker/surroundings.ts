import { applyEngineFlags } from "../../engine/flags.ts";
import type { Settings } from "../../settings.ts";
import { planServices, type ServicePlan } from "../dind-service.ts";
import type { JobContext } from "../executor.ts";
import { type Connection, connectJob } from "./connect-job.ts";
import type { DockerTools, Made } from "./docker-tools.ts";
import { isUnprivileged, NO_ENGINE } from "./unprivileged.ts";
import type { JobMounts } from "./volumes.ts";

/** What all containers of a job have in common. */
export type Surroundings = {
  readonly connection: Connection;
  readonly mounts: JobMounts;
};

export type PreparedEngine = {
  readonly plan: ServicePlan;
  /** For the job's log. */
  readonly warnings: readonly string[];
};

/** An engine may have to be started anew for its flags, so this is done before anything of the job is there. */
export async function prepareEngine({
  job,
  settings,
  variables,
}: JobContext): Promise<PreparedEngine> {
  const plan = planServices(job.services, variables);
  return { plan, warnings: await engineWarnings(plan, settings) };
}

/** Makes the volumes, the network and the way to the engine of a job. */
export async function makeSurroundings(
  tools: DockerTools,
  context: JobContext,
  { plan }: PreparedEngine,
  made: Made,
): Promise<Surroundings> {
  const needs = { services: plan.started.length > 0, engine: plan.engine };
  const [mounts, connection] = await Promise.all([
    tools.volumes.ofSlot(context.slot),
    connectJob(tools.networks, context, needs).then((connected) => {
      made.connection = connected;
      return connected;
    }),
  ]);
  made.disks = mounts.disks;
  return { connection, mounts };
}

async function engineWarnings(plan: ServicePlan, settings: Settings): Promise<readonly string[]> {
  if (plan.engine === undefined) return [];
  if (isUnprivileged(settings)) return [NO_ENGINE];
  if (plan.engine.flags.length === 0) return [];
  const { executor, dockerHost } = settings;
  return (await applyEngineFlags(plan.engine.flags, { executor, dockerHost })).warnings;
}
