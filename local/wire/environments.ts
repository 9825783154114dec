import type {
  EnvironmentProvider,
  EnvironmentRef,
  EnvironmentSpec,
} from "#environment/environment.ts";
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
  const named = <Ref extends EnvironmentRef>(ref: Ref): Ref => ({ ...ref, id: prefix + ref.id });
  const list = async (): Promise<readonly EnvironmentRef[]> => {
    const lists = await Promise.all(both.map((provider) => provider.list()));
    const own = lists.flat().filter(({ id }) => id.startsWith(prefix));
    const byId = new Map(own.map((ref) => [ref.id.slice(prefix.length), ref]));
    return [...byId].map(([id, ref]) => ({ ...ref, id }));
  };
  const { places, wake = () => undefined } = options;
  const listIds = async () => (await list()).map(({ id }) => id);
  const { hasRoomFor, freed } = environmentPlaces({ places, list: listIds, wake });
  return {
    hasRoomFor,
    start: (spec: EnvironmentSpec) =>
      (spec.executor === "docker-in-docker" && spec.privileged ? engineContainer : host).start(
        named(spec),
      ),
    observe: async (environments) => {
      const [onHost, inContainers] = await Promise.all(
        both.map((provider) => provider.observe(environments.map(named))),
      );
      return new Map(
        environments.map(({ id }) => {
          const first = onHost?.get(prefix + id);
          const known =
            first === undefined || first.state === "unknown"
              ? inContainers?.get(prefix + id)
              : first;
          return [id, known ?? { state: "unknown" }];
        }),
      );
    },
    stop: async (environment) => {
      await Promise.all(both.map((provider) => provider.stop(named(environment))));
      freed();
    },
    list,
  };
}
