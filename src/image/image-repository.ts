declare const brand: unique symbol;

/** Name of an image repository without host: lower-case path components, `group/project`. */
export type ImageRepository = string & { readonly [brand]: "ImageRepository" };

export type ImageRepositoryResult =
  | { readonly ok: true; readonly repository: ImageRepository }
  | { readonly ok: false; readonly message: string };

/** Docker's limit for a repository's name, host included. */
export const MAX_REPOSITORY_LENGTH = 255;

/** One level of a repository's name: runs of a-z and 0-9 joined by `.`, `_`, `__` or dashes. */
const COMPONENT = /^[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*$/;

/** Checks the name of a repository, by the grammar of the OCI distribution specification. */
export function parseImageRepository(text: string): ImageRepositoryResult {
  if (isImageRepository(text)) return { ok: true, repository: text };
  return { ok: false, message: problemOf(text) };
}

/** The repository of a project: its path in lower case (`CI_REGISTRY_IMAGE` without the host). */
export function repositoryFor(projectPath: string): ImageRepositoryResult {
  const result = parseImageRepository(projectPath.toLowerCase());
  if (result.ok) return result;
  const message = `the project \`${projectPath}\` cannot have an image repository: ${result.message}; rename the project or its group`;
  return { ok: false, message };
}

function isImageRepository(text: string): text is ImageRepository {
  return (
    text.length <= MAX_REPOSITORY_LENGTH &&
    text.split("/").every((component) => COMPONENT.test(component))
  );
}

function problemOf(text: string): string {
  if (text.length > MAX_REPOSITORY_LENGTH) {
    return `the name is longer than ${MAX_REPOSITORY_LENGTH} characters`;
  }
  const bad = text.split("/").find((component) => !COMPONENT.test(component)) ?? "";
  if (bad === "") return "a part of the name between two slashes is empty";
  if (COMPONENT.test(bad.toLowerCase())) {
    return `\`${bad}\` has upper-case letters; image names are lower case: \`${text.toLowerCase()}\``;
  }
  return `\`${bad}\` is no valid part of an image name; use a-z and 0-9, joined by single \`.\`, \`_\`, \`__\` or dashes`;
}
