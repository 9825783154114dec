import { repositoryFor } from "#image/image-repository.ts";
import { plainPath } from "#pipeline/project-key.ts";
import type { Settings, SettingsProblem } from "./parse-settings.ts";
import type { ProjectSettings } from "./settings.ts";
import { placeOf } from "./settings-place.ts";

/** Amazon ECR's names are narrower than Docker's: one separator at a time, 2 to 256 characters. */
const ecrName = /^(?=.{2,256}$)[a-z0-9]+(?:[._-][a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-][a-z0-9]+)*)*$/;

/** What is right on one machine and cannot be on AWS, each with its place in the file. */
export function awsProblems(text: string, settings: Settings): readonly SettingsProblem[] {
  return [...settings.projects.values()].flatMap((project) =>
    problemsOf(project, settings).map((message) => ({
      path: `projects.${project.path}`,
      message,
      ...placeOf(text, ["projects", project.path]),
    })),
  );
}

function problemsOf(project: ProjectSettings, { projects }: Settings): readonly string[] {
  return [
    forgeProblem(project),
    repositoryProblem(project),
    nestingProblem(project, projects),
    dockerServerProblem(project),
  ].filter((message) => message !== undefined);
}

function forgeProblem({ forge }: ProjectSettings): string | undefined {
  if (forge !== "local") return undefined;
  return "names no `forge`: the built-in git host is on one machine only, so give one of `forges`";
}

function repositoryProblem({ path, registry }: ProjectSettings): string | undefined {
  if (!registry) return undefined;
  const result = repositoryFor(path);
  if (!result.ok) return result.message;
  if (ecrName.test(result.repository)) return undefined;
  return `\`${result.repository}\` is no name for a repository in Amazon ECR (2 to 256 characters, no two of \`.\`, \`_\`, \`-\` in a row): rename the project, or set \`registry: false\``;
}

/** Builds of a project may write every repository below the project's own. */
function nestingProblem(
  { path, registry }: ProjectSettings,
  projects: Settings["projects"],
): string | undefined {
  if (!registry) return undefined;
  const parts = plainPath(path).split("/");
  const above = parts
    .slice(1)
    .map((_, index) => projects.get(parts.slice(0, index + 1).join("/")))
    .find((project) => project?.registry === true);
  if (above === undefined) return undefined;
  return `its images would be below those of \`${above.path}\`, whose builds could change them: rename one of the two, or set \`registry: false\``;
}

/** A Docker server is another machine: it cannot mount the checkout into containers of jobs. */
function dockerServerProblem({ dockerServer, executor }: ProjectSettings): string | undefined {
  if (dockerServer === undefined || executor === "shell") return undefined;
  return `has a \`docker_server\`, which only the executor \`shell\` can use: add \`executor: shell\`, or leave \`docker_server\` out`;
}
