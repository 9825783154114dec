export type Delivery = {
  readonly forge: string;
  readonly project: string;
  readonly id: string;
  readonly receivedAt: string;
  readonly state: "received" | "queued" | "done";
  /** The normalised events as JSON: a message only names the delivery, and a lost one can be sent again. */
  readonly events: string;
  /** What became of it, for people: pipeline ids, or why nothing was done. */
  readonly outcome?: string;
  readonly queuedAt?: string;
  readonly doneAt?: string;
};

export type DeliveryStore = {
  /** Stores it as `received`, or returns the one that is there. */
  readonly put: (delivery: Delivery) => Promise<Delivery>;
  readonly get: (forge: string, project: string, id: string) => Promise<Delivery | undefined>;
  /** Only forward: received, queued, done. */
  readonly mark: (delivery: Delivery, state: "queued" | "done", outcome?: string) => Promise<void>;
  /** What became of one that is done when it was handled once more. */
  readonly setOutcome: (delivery: Delivery, outcome: string) => Promise<void>;
  /** Newest first. */
  readonly list: (limit: number) => Promise<readonly Delivery[]>;
  /** Those that are not `done`, oldest first: for the sweep. */
  readonly listUnfinished: () => Promise<readonly Delivery[]>;
};
