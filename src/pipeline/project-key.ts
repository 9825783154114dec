/** A project of this installation, as in its webhook's address. */
export type ProjectKey = {
  /** Name of the forge connection; `local` is the built-in git host. */
  readonly forge: string;
  /** The project's path at its forge, `group/name`. */
  readonly project: string;
};

/**
 * A project's path as it is compared and looked up: no forge has two projects whose paths differ in case only, and
 * people write them in either.
 */
export function plainPath(path: string): string {
  return path.toLowerCase();
}

export function isSamePath(one: string, other: string): boolean {
  return plainPath(one) === plainPath(other);
}

export function isSameProject(one: ProjectKey, other: ProjectKey): boolean {
  return one.forge === other.forge && isSamePath(one.project, other.project);
}

/** The same text for the same project, for names and hashes. */
export function projectText({ forge, project }: ProjectKey): string {
  return `${forge}/${plainPath(project)}`;
}
