import { serviceHostNames } from "#image/service-host-names.ts";
import { type DindPorts, dindTlsWanted } from "../engine/flags.ts";
import type { JobService } from "../protocol.ts";
import type { ResolvedVariables } from "./variables.ts";

/** The engine as the job expects to reach it by name, instead of a `docker:*dind` service's own. */
export type ExpectedEngine = {
  readonly hostNames: readonly string[];
  readonly ports: DindPorts;
  /** The service's `command:`. */
  readonly flags: readonly string[];
};

export type ServicePlan = {
  readonly engine: ExpectedEngine | undefined;
  /** Services that are started as containers. */
  readonly started: readonly JobService[];
};

/** Whether a service is a Docker Engine in a container: the environment's own engine serves it. */
export function isDindImage(image: string): boolean {
  return /^(?:.*\/)?docker:[\w.-]*dind[\w.-]*(?:@.*)?$/.test(image);
}

/**
 * Takes the `docker:*dind` services out of a job's services. A job without one that points DOCKER_HOST
 * at `tcp://docker` gets the engine under that name all the same, as from a privileged runner's.
 */
export function planServices(
  services: readonly JobService[],
  variables: ResolvedVariables,
): ServicePlan {
  const dind = services.filter((service) => isDindImage(variables.expand(service.name)));
  const started = services.filter((service) => !dind.includes(service));
  const byName = /^tcp:\/\/docker(?::\d+)?\/?$/.test(variables.get("DOCKER_HOST") ?? "");
  if (dind.length === 0 && !byName) return { engine: undefined, started };
  const hostNames = dind.flatMap((service) =>
    serviceHostNames(variables.expand(service.name), variables.expand(service.alias ?? "")),
  );
  const flags = dind.flatMap((service) => service.command ?? []);
  const own = dind.flatMap((service) => service.variables ?? []);
  const wanted = (key: string) =>
    own.findLast((variable) => variable.key === key)?.value ?? variables.get(key);
  const settings: Record<string, string | undefined> = {
    DOCKER_TLS_CERTDIR: wanted("DOCKER_TLS_CERTDIR"),
    DOCKER_HOST: wanted("DOCKER_HOST"),
  };
  return {
    engine: {
      hostNames: [...new Set(["docker", ...hostNames])],
      ports: dindTlsWanted(settings, flags),
      flags,
    },
    started,
  };
}
