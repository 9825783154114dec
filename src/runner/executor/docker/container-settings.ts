import type Docker from "dockerode";
import { ownerLabels } from "#engine/labels.ts";
import type { JobImage } from "../../protocol.ts";
import type { JobContext } from "../executor.ts";
import type { Surroundings } from "./surroundings.ts";

/** What a job's container and the containers of its services have alike. */
export function commonSettings(
  context: JobContext,
  image: JobImage,
  ref: string,
  { connection, mounts }: Pick<Surroundings, "connection" | "mounts">,
  options: { readonly alias: string | readonly string[]; readonly privileged: boolean },
): Docker.ContainerCreateOptions {
  const { settings, variables } = context;
  const { network, binds, hostNames } = connection;
  const platform = variables.expand(image.executor_opts?.docker?.platform ?? "");
  const user = variables.expand(image.executor_opts?.docker?.user ?? "");
  return {
    Image: ref,
    ...(platform && { platform }),
    ...(user && { User: user }),
    // An empty list in the configuration means the image's own, as in GitLab; `[""]` clears it.
    ...(image.entrypoint?.length && { Entrypoint: image.entrypoint }),
    Labels: ownerLabels(settings.environmentId, context.job.id),
    HostConfig: {
      Binds: [...mounts.binds, ...binds],
      ExtraHosts: [
        ...settings.extraHosts,
        ...hostNames.map((name) => `${name}:${network.gateway}`),
      ],
      NetworkMode: network.name,
      PidsLimit: settings.processLimit,
      Privileged: options.privileged,
    },
    ...(network.hasNames && {
      NetworkingConfig: {
        EndpointsConfig: { [network.name]: { Aliases: [options.alias].flat() } },
      },
    }),
  };
}

/** Environment entries of a container, in the engine's form. */
export function environmentEntries(
  variables: readonly { readonly key: string; readonly value: string }[],
): string[] {
  return variables
    .filter(({ key, value }) => key !== "" && !/[=\0]/.test(key) && !value.includes("\0"))
    .map(({ key, value }) => `${key}=${value}`);
}
