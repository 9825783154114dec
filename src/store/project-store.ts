/** A project as first seen by a push, or as `slipway.yaml` connects it. */
export type StoredProject = {
  readonly id: number;
  readonly forge: string;
  readonly path: string;
  readonly createdAt: string;
};

export type ProjectStore = {
  /** Finds it, or creates it with the next id. */
  readonly ensure: (forge: string, path: string, now: string) => Promise<StoredProject>;
  readonly get: (forge: string, path: string) => Promise<StoredProject | undefined>;
  readonly list: () => Promise<readonly StoredProject[]>;
  /** The sha at which a ref was last handled. */
  readonly seenRef: (forge: string, path: string, ref: string) => Promise<string | undefined>;
  /** Ref → sha as last handled, for the sweep that finds lost pushes. May lag behind. */
  readonly seenRefs: (forge: string, path: string) => Promise<Readonly<Record<string, string>>>;
  /** `sha` undefined forgets the ref. */
  readonly setSeenRef: (
    forge: string,
    path: string,
    ref: string,
    sha: string | undefined,
  ) => Promise<void>;
};
