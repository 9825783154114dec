/** Room that an upload was promised: `name` is whose, until the epoch milliseconds `until`. */
export type Reservation = {
  readonly name: string;
  readonly bytes: number;
  readonly until: number;
};

/** What is reserved in a scope, by an id of each reservation. */
export type Reserved = Readonly<Record<string, Reservation>>;

/** Who may upload how much, decided by one at a time for each scope. */
export type ReservationStore = {
  readonly get: (scope: string) => Promise<Reserved>;
  /**
   * Replaces what is reserved by what `decide` makes of it, and leaves it where that is undefined. `decide` is asked
   * again where somebody else was faster.
   */
  readonly change: (
    scope: string,
    decide: (present: Reserved) => Promise<Reserved | undefined>,
  ) => Promise<void>;
  /** Counts one more in the scope and returns how many there are now. */
  readonly count: (scope: string) => Promise<number>;
};
