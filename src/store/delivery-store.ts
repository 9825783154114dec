import type { CreateOutcome } from "#pipeline/create-outcome.ts";
import type { ProjectKey } from "#pipeline/project-key.ts";
import type { TriggerEvent } from "#pipeline/trigger-event.ts";

export type Delivery = ProjectKey & {
  readonly id: string;
  readonly receivedAt: string;
  readonly state: "received" | "queued" | "done";
  /** As they were when it came: a message only names the delivery, and a lost one can be sent again. */
  readonly events: readonly TriggerEvent[];
  /** What became of each event, in their order; absent before the delivery was handled. */
  readonly outcomes?: readonly CreateOutcome[];
  readonly queuedAt?: string;
  readonly doneAt?: string;
};

export type DeliveryStore = {
  /** Stores it as `received`, or returns the one that is there. */
  readonly put: (delivery: Delivery) => Promise<Delivery>;
  readonly get: (of: ProjectKey, id: string) => Promise<Delivery | undefined>;
  /** Only forward: received, queued, done. */
  readonly mark: (
    delivery: Delivery,
    state: "queued" | "done",
    outcomes?: readonly CreateOutcome[],
  ) => Promise<void>;
  /** What became of one that is done when it was handled once more. */
  readonly setOutcomes: (delivery: Delivery, outcomes: readonly CreateOutcome[]) => Promise<void>;
  /** Newest first. */
  readonly list: (limit: number) => Promise<readonly Delivery[]>;
  /** Those that are not `done`, oldest first: for the sweep. */
  readonly listUnfinished: () => Promise<readonly Delivery[]>;
};
