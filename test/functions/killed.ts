import type { Forge } from "#forge/forge.ts";
import type { ServiceDeps } from "#service/deps.ts";

/** A function that Lambda kills at some point: nothing of it goes on after that. */
export type Mortal = {
  readonly deps: ServiceDeps;
  /** How often it was killed. */
  readonly deaths: () => number;
  /** Lets so many more effects happen; whatever comes after them never returns. Undefined: lives on. */
  readonly dieAfter: (effects: number | undefined) => void;
  /** Gives "killed" when that happened before `work` was done. */
  readonly run: <T>(work: () => Promise<T>) => Promise<T | "killed">;
};

type Methods = Readonly<Record<string, unknown>>;

/** Everything that leaves the process counts: state, blobs, queue, environments, the forge. */
export function mortal(deps: ServiceDeps): Mortal {
  let deaths = 0;
  let left: number | undefined;
  let kill: (() => void) | undefined;

  const counted =
    (call: (...given: unknown[]) => unknown) =>
    async (...given: unknown[]): Promise<unknown> => {
      if (left === 0) {
        kill?.();
        return new Promise(() => undefined);
      }
      if (left !== undefined) left -= 1;
      return call(...given);
    };

  function wrap<T extends object>(port: T): T {
    const entries = Object.entries(port as Methods).map(([name, part]) => {
      if (typeof part === "function")
        return [name, counted((...given) => Reflect.apply(part, port, given))] as const;
      const isPort = typeof part === "object" && part !== null && !(part instanceof Map);
      return [name, isPort ? wrap(part) : part] as const;
    });
    return Object.fromEntries(entries) as T;
  }

  const forges = new Map<string, Forge>(
    [...deps.forges].map(([name, forge]) => [
      name,
      { ...forge, client: (project: string) => wrap(forge.client(project)) },
    ]),
  );
  return {
    deps: {
      ...deps,
      store: wrap(deps.store),
      blobs: wrap(deps.blobs),
      queue: wrap(deps.queue),
      environments: wrap(deps.environments),
      forges,
      // As in a Lambda function.
      defer: async (work) => {
        await work();
      },
    },
    deaths: () => deaths,
    dieAfter: (count) => {
      left = count;
    },
    run: (work) =>
      new Promise((resolve, reject) => {
        kill = () => {
          deaths += 1;
          kill = undefined;
          resolve("killed");
        };
        work().then(resolve, reject);
      }),
  };
}
