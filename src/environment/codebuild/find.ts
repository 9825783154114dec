import {
  BatchGetBuildsCommand,
  type Build,
  type CodeBuildClient,
  ListBuildsForProjectCommand,
} from "@aws-sdk/client-codebuild";
import { defined } from "#language/defined.ts";
import { isNamed } from "./error.ts";

/** Of 100 builds each. */
const mostPages = 50;
/** Eight hours in the queue and 36 at work: what is older is not under way. */
const longestMilliseconds = 44 * 3600_000;

/** The builds of a CodeBuild project that may be under way, newest first; none where there is no such project. */
export async function* buildsOf(
  client: CodeBuildClient,
  projectName: string,
  now: number,
): AsyncGenerator<Build> {
  let nextToken: string | undefined;
  for (let page = 0; page < mostPages; page += 1) {
    const listed = await client
      .send(
        new ListBuildsForProjectCommand({
          projectName,
          sortOrder: "DESCENDING",
          ...defined({ nextToken }),
        }),
      )
      .catch((error: unknown) => {
        if (isNamed(error, "ResourceNotFoundException")) return undefined;
        throw error;
      });
    const ids = listed?.ids ?? [];
    if (ids.length > 0) {
      const { builds = [] } = await client.send(new BatchGetBuildsCommand({ ids }));
      const byId = new Map(builds.map((build) => [build.id, build]));
      for (const id of ids) {
        const build = byId.get(id);
        if (build !== undefined) yield build;
      }
      const oldest = Math.min(...builds.map(({ startTime }) => startTime?.getTime() ?? now));
      if (oldest < now - longestMilliseconds) return;
    }
    nextToken = listed?.nextToken;
    if (nextToken === undefined) return;
  }
}

/** The newest build that was started for the environment. */
export async function findBuild(
  client: CodeBuildClient,
  projects: readonly string[],
  environmentId: string,
  now: number,
): Promise<Build | undefined> {
  for (const project of projects) {
    for await (const build of buildsOf(client, project, now)) {
      if (environmentOf(build) === environmentId) return build;
    }
  }
  return undefined;
}

/** The id of the environment that the build is. */
export function environmentOf({ environment }: Build): string | undefined {
  return environment?.environmentVariables?.find(({ name }) => name === "SLIPWAY_ENVIRONMENT_ID")
    ?.value;
}
