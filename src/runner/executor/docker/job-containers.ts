import type Docker from "dockerode";
import { engineMessage } from "#engine/error.ts";
import { applyEngineFlags } from "../../engine/flags.ts";
import type { JobImage } from "../../protocol.ts";
import { registryAuths } from "../../registry/auth.ts";
import { translateAuths } from "../../registry/login.ts";
import type { Settings } from "../../settings.ts";
import { together } from "../../together.ts";
import type { Log } from "../../trace/trace.ts";
import { planServices } from "../dind-service.ts";
import { ignoreMissing } from "../engine-client.ts";
import type { JobContext } from "../executor.ts";
import { ownerLabelFilter, removeLabelled } from "../remove-labelled.ts";
import { detectShellCommand } from "../shell-script.ts";
import { type Connection, connectJob } from "./connect-job.ts";
import { commonSettings, environmentEntries, gitOwnershipEntries } from "./container-settings.ts";
import { type ImageStore, imageRequest, type PresentImage } from "./image-pull.ts";
import { createJobContainer, type JobContainer } from "./job-container.ts";
import type { Networks } from "./networks.ts";
import { startService } from "./services.ts";
import { takeBackFiles } from "./take-back-files.ts";
import { isUnprivileged, NO_ENGINE, UNPRIVILEGED_SECURITY } from "./unprivileged.ts";

export type DockerTools = {
  readonly engine: Docker;
  readonly settings: Settings;
  readonly images: ImageStore;
  readonly networks: Networks;
  /** Remembers a removal that nothing waits for but the runner's end. */
  readonly inBackground: (removal: Promise<void>) => void;
};

/** What has been made so far for a job, so that all of it goes when something else fails. */
export type Made = { connection?: Connection; container?: JobContainer; ref?: string };

/** Makes a job's containers side by side: image, network, services and engine wait only for what they need. */
export async function makeContainers(
  tools: DockerTools,
  context: JobContext,
  made: Made,
  log: Log,
  stop: AbortSignal,
): Promise<JobContainer> {
  const { engine, images, settings } = tools;
  const { job, variables } = context;
  const auths = await translateAuths(
    registryAuths(job.credentials, variables.get("DOCKER_AUTH_CONFIG")),
    context.registryLogin,
  );
  for (const problem of auths.problems) log.warning(problem);
  const plan = planServices(job.services, variables);
  const image = job.image ?? { name: settings.defaultImage };
  const request = imageRequest(image, variables.expand, auths.find);
  log.line(`Using ${settings.executor} executor with image ${request.name} ...`);
  const unprivileged = isUnprivileged(settings);
  if (plan.engine && unprivileged) log.warning(NO_ENGINE);
  else if (plan.engine && plan.engine.flags.length > 0) {
    const { executor, dockerHost } = settings;
    const { warnings } = await applyEngineFlags(plan.engine.flags, { executor, dockerHost });
    for (const warning of warnings) log.warning(warning);
  }
  await together(stop, (signal) => {
    const connected = connectJob(tools.networks, context, {
      services: plan.started.length > 0,
      engine: plan.engine,
    }).then((connection) => {
      made.connection = connection;
      return connection;
    });
    const container = async () => {
      const [present, connection] = await Promise.all([
        images.ensure(request, log, signal),
        connected,
      ]);
      signal.throwIfAborted();
      made.ref = request.ref;
      const create = async (privileged: boolean) => {
        const common = commonSettings(context, image, request.ref, connection, {
          alias: "build",
          privileged,
        });
        made.container = await createJobContainer(engine, settings.dockerHost, {
          ...common,
          Cmd: [...detectShellCommand],
          WorkingDir: context.paths.projectInside,
          // Secrets go in with the script instead: the engine writes a container's settings to disk.
          Env: [
            ...gitOwnershipEntries(context),
            ...environmentEntries(variables.list.filter((variable) => !variable.confidential)),
          ],
          HostConfig: {
            ...common.HostConfig,
            LogConfig: { Type: "none", Config: {} },
            ...(unprivileged && { SecurityOpt: [...UNPRIVILEGED_SECURITY] }),
          },
        });
        // The entrypoint of Docker's own images looks for certificates when it is to use TCP.
        if (variables.get("DOCKER_HOST")?.startsWith("tcp:")) await connection.ready;
        if (mayStartEarly(image, present)) await made.container.startEarly();
      };
      await createPrivilegedIfPossible(settings.privileged, create, made, log);
      await connection.ready;
    };
    const start = { engine, images, context, auths, log, stop: signal };
    return [container(), ...plan.started.map((service) => startService(start, service, connected))];
  });
  if (made.container === undefined) throw new Error("No container was made.");
  return made.container;
}

/** An entrypoint that lies in the sources has to wait for them. */
function mayStartEarly(image: JobImage, present: PresentImage): boolean {
  const [first = ""] = image.entrypoint?.length ? image.entrypoint : present.entrypoint;
  const inSources = first.startsWith("/builds/") || (first.includes("/") && !first.startsWith("/"));
  return !inSources;
}

/** Where the machine itself lacks a capability no privileged container can start; most jobs need none. */
async function createPrivilegedIfPossible(
  privileged: boolean,
  create: (privileged: boolean) => Promise<void>,
  made: Made,
  log: Log,
): Promise<void> {
  try {
    await create(privileged);
  } catch (error) {
    if (!privileged || !/apply caps|capabilit/i.test(engineMessage(error))) throw error;
    log.warning("This machine cannot run privileged containers; the job runs in one that is not.");
    await (await made.container?.close())?.removed;
    await create(false);
  }
}

/** Ends and removes all that was made for a job; waits for what a next job could run into. */
export async function removeMade(
  tools: DockerTools,
  context: JobContext,
  made: Made,
): Promise<void> {
  const { engine, settings } = tools;
  const labels = ownerLabelFilter(settings.environmentId, context.job.id);
  await ignoreMissing(made.connection?.close() ?? Promise.resolve());
  const closing = await made.container?.close();
  const others = await engine
    .listContainers({ all: true, filters: { label: labels } })
    .then((found) => found.filter(({ Id }) => Id !== made.container?.id))
    .catch(() => []);
  await Promise.all(
    others.map(({ Id }) => ignoreMissing(engine.getContainer(Id).remove({ force: true, v: true }))),
  );
  if (made.ref !== undefined) await takeBackFiles(engine, context, made.ref);
  tools.inBackground(
    (async () => {
      await closing?.removed;
      await removeLabelled(engine, labels);
    })(),
  );
}
