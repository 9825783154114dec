import { sha256Hex } from "#language/sha256.ts";
import { plainPath } from "#pipeline/project-key.ts";

/** One installation among those of an account: IAM names are unique in the account, over all regions. */
export type Installation = {
  /** `name` of the `aws` section. */
  readonly name: string;
  readonly region: string;
};

/** `pull` is for merge requests from forks: their builds read images and write none. */
export type BuildAccess = "push" | "pull";

/** IAM: a role's name has at most 64 characters of `[\w+=,.@-]`. */
const MAX_ROLE_NAME = 64;
/** CodeBuild: a project's name has at most 150 characters of `[A-Za-z0-9_-]`. */
const MAX_PROJECT_NAME = 150;

/** The role that builds of a project run with. The stacks make it, the service passes it to CodeBuild. */
export function buildRoleName(
  project: string,
  access: BuildAccess,
  installation: Installation,
): string {
  const end = `-${hashOf(project)}${access === "pull" ? "-pull" : ""}`;
  const start = `${installation.name}-${installation.region}-${wordsOf(project)}`;
  return shorten(start, end, MAX_ROLE_NAME);
}

/** The path of build roles, which `iam:PassRole` is limited to. */
export function buildRolePath(installation: Pick<Installation, "name">): string {
  return `/${installation.name}/builds/`;
}

/** ARN of a build role from `SLIPWAY_BUILD_ROLES` (`arn:…:role/NAME/builds/`). */
export function buildRoleArn(
  rolesPrefix: string,
  region: string,
  project: string,
  access: BuildAccess,
): string {
  const name = /:role\/([^/]+)\/builds\/$/.exec(rolesPrefix)?.[1];
  if (name === undefined) throw new Error(`${rolesPrefix} is no ARN that ends in NAME/builds/`);
  return `${rolesPrefix}${buildRoleName(project, access, { name, region })}`;
}

/** The CodeBuild project that builds of a project run in: `shared`, or its own when it has a Docker server. */
export function codebuildProjectName(
  shared: string,
  project: { readonly path: string; readonly dockerServer?: unknown },
): string {
  if (project.dockerServer === undefined) return shared;
  return shorten(
    `${shared}-${wordsOf(project.path)}`,
    `-${hashOf(project.path)}`,
    MAX_PROJECT_NAME,
  );
}

/** Paths that differ only in case are one project. */
function hashOf(project: string): string {
  return sha256Hex(plainPath(project)).slice(0, 8);
}

function wordsOf(project: string): string {
  return project
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
}

/** Whole ends matter: they tell names apart whose starts are cut. */
function shorten(start: string, end: string, limit: number): string {
  return start.slice(0, limit - end.length).replace(/-$/, "") + end;
}
