/** What stands in line for a place to run, or got one there: an environment of a pipeline. */
export type Place = {
  readonly environmentId: string;
  readonly pipelineId: number;
  readonly project: string;
  /** Environments of one size compete for the same places. */
  readonly size: string;
};

export type LineState = {
  /** Sizes for which newcomers have to stand in line, until when (ISO 8601). */
  readonly shut: ReadonlyMap<string, string>;
  readonly lastServed?: string;
};

/**
 * The line for build capacity. Kept beside the pipelines, whose own state decides: an entry here only says whom to
 * look at. Every write is of one item and idempotent.
 */
export type PlaceStore = {
  /** Stands in line; changes nothing for one that is in line or holds a place. */
  readonly wait: (place: Place) => Promise<void>;
  /** Its turn came: it holds a place now. */
  readonly hold: (environmentId: string) => Promise<void>;
  /** It is gone. */
  readonly leave: (environmentId: string) => Promise<void>;
  /** Those in line, of each project and size about so many, the oldest pipelines first. May lag behind. */
  readonly listWaiting: (ofEachProject: number) => Promise<readonly Place[]>;
  /** Those whose turn came and that are not gone. May lag behind. */
  readonly listHeld: () => Promise<readonly Place[]>;
  readonly readLine: (now: string) => Promise<LineState>;
  /** The project that got a place last. */
  readonly noteServed: (project: string) => Promise<void>;
  readonly shut: (size: string, until: string) => Promise<void>;
  readonly open: (size: string) => Promise<void>;
};
