import type { EnvironmentProvider, EnvironmentSpec } from "#environment/environment.ts";
import { environmentPlaces } from "./environment-places.ts";

/**
 * One provider out of two: an engine container for `docker-in-docker`, this machine for all others and for
 * `docker-in-docker` without privileges, whose jobs have no engine. Ids get the installation's name in
 * front, so that two installations on one engine never touch each other's environments.
 */
export function localEnvironments(options: {
  readonly installation: string;
  readonly host: EnvironmentProvider;
  readonly engineContainer: EnvironmentProvider;
  /** How many may be there at a time. */
  readonly places: number;
  /** There may be room now for this one, which was refused before. */
  readonly wake?: (id: string) => void;
}): EnvironmentProvider {
  const { host, engineContainer } = options;
  const prefix = `${options.installation}-`;
  const both = [host, engineContainer];
  const list = async (): Promise<readonly string[]> => {
    const lists = await Promise.all(both.map((provider) => provider.list()));
    const own = lists.flat().filter((id) => id.startsWith(prefix));
    return [...new Set(own.map((id) => id.slice(prefix.length)))];
  };
  const { places, wake = () => undefined } = options;
  const { hasRoomFor, freed } = environmentPlaces({ places, list, wake });
  return {
    hasRoomFor,
    start: (spec: EnvironmentSpec) =>
      (spec.executor === "docker-in-docker" && spec.privileged ? engineContainer : host).start({
        ...spec,
        id: prefix + spec.id,
      }),
    observe: async (ids) => {
      const named = ids.map((id) => prefix + id);
      const [onHost, inContainers] = await Promise.all(
        both.map((provider) => provider.observe(named)),
      );
      return new Map(
        ids.map((id) => {
          const first = onHost?.get(prefix + id);
          const known =
            first === undefined || first.state === "unknown"
              ? inContainers?.get(prefix + id)
              : first;
          return [id, known ?? { state: "unknown" }];
        }),
      );
    },
    stop: async (id) => {
      await Promise.all(both.map((provider) => provider.stop(prefix + id)));
      freed();
    },
    list,
  };
}
