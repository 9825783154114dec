import type { ProjectKey } from "#pipeline/project-key.ts";

/** A project as first seen by a push, or as `slipway.yaml` connects it. */
export type StoredProject = ProjectKey & {
  readonly id: number;
  readonly createdAt: string;
};

export type ProjectStore = {
  /** Finds it, or creates it with the next id. */
  readonly ensure: (key: ProjectKey, now: string) => Promise<StoredProject>;
  readonly get: (key: ProjectKey) => Promise<StoredProject | undefined>;
  readonly list: () => Promise<readonly StoredProject[]>;
  /** The sha at which a ref was last handled. */
  readonly seenRef: (key: ProjectKey, ref: string) => Promise<string | undefined>;
  /** Ref → sha as last handled, for the sweep that finds lost pushes. May lag behind. */
  readonly seenRefs: (key: ProjectKey) => Promise<Readonly<Record<string, string>>>;
  /** `sha` undefined forgets the ref. */
  readonly setSeenRef: (key: ProjectKey, ref: string, sha: string | undefined) => Promise<void>;
};
