import { engineMessage } from "#engine/error.ts";
import type { JobImage } from "../../protocol.ts";
import { registryAuths } from "../../registry/auth.ts";
import { translateAuths } from "../../registry/login.ts";
import { together } from "../../together.ts";
import type { Log } from "../../trace/trace.ts";
import { ignoreMissing } from "../engine-client.ts";
import type { JobContext } from "../executor.ts";
import { ownerLabelFilter, removeLabelled } from "../remove-labelled.ts";
import { detectShellCommand } from "../shell-script.ts";
import { commonSettings, environmentEntries } from "./container-settings.ts";
import type { DockerTools, Made } from "./docker-tools.ts";
import { imageRequest } from "./image-request.ts";
import type { PresentImage } from "./image-store.ts";
import { createJobContainer, type JobContainer } from "./job-container.ts";
import { startService } from "./services.ts";
import type { PreparedEngine, Surroundings } from "./surroundings.ts";
import { isUnprivileged, UNPRIVILEGED_SECURITY } from "./unprivileged.ts";

/** Makes a job's containers side by side: image, services and container wait only for what they need. */
export async function makeContainers(
  tools: DockerTools,
  context: JobContext,
  on: { readonly engine: PreparedEngine; readonly surroundings: Promise<Surroundings> },
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
  const connected = on.surroundings;
  const image = job.image ?? { name: settings.defaultImage };
  const request = imageRequest(image, job, variables.expand, auths.find);
  log.line(`Using ${settings.executor} executor with image ${request.name} ...`);
  const unprivileged = isUnprivileged(settings);
  for (const warning of on.engine.warnings) log.warning(warning);
  await together(stop, (signal) => {
    const container = async () => {
      const [present, surroundings] = await Promise.all([
        images.ensure(request, log, signal),
        connected,
      ]);
      const { connection } = surroundings;
      signal.throwIfAborted();
      const early = mayStartEarly(image, present);
      const create = async (privileged: boolean) => {
        const common = commonSettings(context, image, request.ref, surroundings, {
          alias: "build",
          privileged,
        });
        made.container = await createJobContainer(engine, settings.dockerHost, {
          ...common,
          Cmd: [...detectShellCommand],
          // As in GitLab, the image's own directory; a script changes to the project by itself.
          ...(!early && { WorkingDir: context.paths.project }),
          // Secrets go in with the script instead: the engine writes a container's settings to disk.
          Env: environmentEntries(variables.list.filter((variable) => !variable.confidential)),
          HostConfig: {
            ...common.HostConfig,
            LogConfig: { Type: "none", Config: {} },
            ...(unprivileged && { SecurityOpt: [...UNPRIVILEGED_SECURITY] }),
          },
        });
        // The entrypoint of Docker's own images looks for certificates when it is to use TCP.
        if (variables.get("DOCKER_HOST")?.startsWith("tcp:")) await connection.ready;
        if (early) await made.container.startEarly();
      };
      await createPrivilegedIfPossible(settings.privileged, create, made, log);
      await connection.ready;
    };
    const start = { engine, images, context, auths, log, stop: signal };
    return [
      container(),
      ...on.engine.plan.started.map((service) => startService(start, service, connected)),
    ];
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
  const own = [...made.helpers, ...(made.container === undefined ? [] : [made.container])];
  const closing = await Promise.all(own.map((container) => container.close()));
  const others = await engine
    .listContainers({ all: true, filters: { label: labels } })
    .then((found) => found.filter(({ Id }) => !own.some(({ id }) => id === Id)))
    .catch(() => []);
  await Promise.all(
    others.map(({ Id }) => ignoreMissing(engine.getContainer(Id).remove({ force: true, v: true }))),
  );
  tools.inBackground(
    (async () => {
      await Promise.all(closing.map(({ removed }) => removed));
      await removeLabelled(engine, labels);
    })(),
  );
}
