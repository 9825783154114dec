import type { ProjectKey } from "#pipeline/project-key.ts";

/** An image tag whose branch was deleted: to be removed after a while, if nothing needs it then. */
export type OldImage = ProjectKey & {
  /** Name of the branch. */
  readonly ref: string;
  readonly tag: string;
  readonly deletedAt: string;
  /** Not to be looked at before. */
  readonly dueAt: string;
};

export type OldImageStore = {
  /** One for each branch: a later deletion replaces an earlier one. */
  readonly put: (image: OldImage) => Promise<void>;
  /** Those that are due, longest due first. */
  readonly listDue: (now: string, limit: number) => Promise<readonly OldImage[]>;
  readonly delete: (image: OldImage) => Promise<void>;
};
