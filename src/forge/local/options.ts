import type { CommitStatus } from "../forge.ts";

export type LocalForgeOptions = {
  /** Directory of the bare repositories, `<root>/<project>.git`. */
  readonly root: string;
  /** Where people see the service, without trailing slash. */
  readonly publicUrl: string;
  /** Where environments reach the git host, without trailing slash; the public URL unless given. */
  readonly cloneUrl?: string;
  /** The project's id in this installation; undefined where it is not known. */
  readonly projectId: (project: string) => Promise<number | undefined>;
  /** Stores a commit status, because the built-in git host shows statuses itself. */
  readonly saveStatus: (project: string, status: CommitStatus) => Promise<void>;
};
