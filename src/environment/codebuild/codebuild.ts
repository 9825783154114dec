import {
  BatchGetBuildsCommand,
  type Build,
  type CodeBuildClient,
  StartBuildCommand,
  StopBuildCommand,
} from "@aws-sdk/client-codebuild";
import type { EnvironmentProvider, EnvironmentRef, EnvironmentSpec } from "../environment.ts";
import { isEnvironmentId, requireEnvironmentId } from "../environment-variables.ts";
import { isIdempotencyMismatch, isNamed, startError } from "./error.ts";
import { buildsOf, environmentOf, findBuild } from "./find.ts";
import { observeBuild } from "./observe.ts";
import { type BuildPlace, computeOf, queuedMinutes, startBuildInput } from "./start.ts";

export type CodebuildEnvironmentsOptions = {
  readonly client: CodeBuildClient;
  /** Where and as whom the build of an environment runs. */
  readonly placeFor: (
    environment: Pick<EnvironmentSpec, "project" | "access" | "executor">,
  ) => BuildPlace;
  /** Names of all CodeBuild projects that `placeFor` may give. */
  readonly codebuildProjects: readonly string[];
  /** `NAME:ADDRESS`, for the containers of jobs. */
  readonly extraHosts?: readonly string[];
  /** Epoch milliseconds. */
  readonly now: () => number;
};

/** Ids that BatchGetBuilds takes. */
const batch = 100;
/** CodeBuild forgets an idempotency token after five minutes. */
const tokenMilliseconds = 4 * 60_000;

/**
 * Environments that are builds of AWS CodeBuild; the handle is the build's id (`PROJECT:UUID`). A build needs no
 * cleaning up: when it has ended nothing of it is left but its record, which is observed for a year.
 */
export function codebuildEnvironments(options: CodebuildEnvironmentsOptions): EnvironmentProvider {
  const { client, codebuildProjects } = options;

  const start = async (spec: EnvironmentSpec): Promise<Started> => {
    requireEnvironmentId(spec.id);
    const place = options.placeFor(spec);
    const find = () => findBuild(client, [place.codebuildProject], spec.id, options.now());
    const isLate =
      spec.wantedAt !== undefined && options.now() - Date.parse(spec.wantedAt) > tokenMilliseconds;
    const earlier = isLate ? await find() : undefined;
    if (isStarted(earlier)) return earlier;
    try {
      const input = startBuildInput(spec, place, options);
      const { build } = await client.send(new StartBuildCommand(input));
      if (!isStarted(build)) throw new Error("CodeBuild gave no build id");
      return build;
    } catch (error) {
      // An earlier start got through with another ticket: its build is this environment.
      const adopted = isIdempotencyMismatch(error)
        ? await find().catch(() => undefined)
        : undefined;
      if (isStarted(adopted)) return adopted;
      throw startError(error, spec, place);
    }
  };

  const buildOf = async ({ id, handle }: EnvironmentRef): Promise<Build | undefined> =>
    handle === undefined
      ? findBuild(client, codebuildProjects, id, options.now())
      : (await getBuilds(client, [handle])).get(handle);

  return {
    queueSeconds: queuedMinutes * 60,
    start: async (spec) => {
      const build = await start(spec);
      return { handle: build.id, ...computeOf(build) };
    },

    observe: async (environments) => {
      const handles = environments.flatMap(({ handle }) => handle ?? []);
      const builds = await getBuilds(client, handles);
      const seen = environments.map(async (environment) => {
        const { id, handle } = environment;
        if (!isEnvironmentId(id)) return [id, { state: "unknown" }] as const;
        const build = handle === undefined ? await buildOf(environment) : builds.get(handle);
        return [id, observeBuild(build, options.now())] as const;
      });
      return new Map(await Promise.all(seen));
    },

    stop: async (environment) => {
      if (!isEnvironmentId(environment.id)) return;
      const id = environment.handle ?? (await buildOf(environment))?.id;
      if (id === undefined) return;
      try {
        await client.send(new StopBuildCommand({ id }));
      } catch (error) {
        if (isNamed(error, "ResourceNotFoundException")) return;
        const build = await buildOf({ id: environment.id, handle: id }).catch(() => undefined);
        if (build?.buildStatus === undefined || build.buildStatus === "IN_PROGRESS") throw error;
      }
    },

    list: async () => {
      const found: EnvironmentRef[] = [];
      for (const project of codebuildProjects) {
        for await (const build of buildsOf(client, project, options.now())) {
          const id = environmentOf(build);
          if (id === undefined || build.id === undefined) continue;
          if (build.buildStatus === "IN_PROGRESS") found.push({ id, handle: build.id });
        }
      }
      return found;
    },
  };
}

type Started = Build & { readonly id: string };

function isStarted(build: Build | undefined): build is Started {
  return build?.id !== undefined;
}

async function getBuilds(
  client: CodeBuildClient,
  handles: readonly string[],
): Promise<ReadonlyMap<string, Build>> {
  const found = new Map<string, Build>();
  for (let at = 0; at < handles.length; at += batch) {
    const ids = handles.slice(at, at + batch);
    const { builds = [] } = await client.send(new BatchGetBuildsCommand({ ids }));
    for (const build of builds) if (build.id !== undefined) found.set(build.id, build);
  }
  return found;
}
