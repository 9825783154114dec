import type { ProjectKey } from "#pipeline/project-key.ts";

/** A message says "look at this", never "do this": it may be lost, doubled, delayed or reordered. */
export type Message =
  | ({ readonly type: "delivery"; readonly deliveryId: string } & ProjectKey)
  | { readonly type: "pipeline"; readonly pipelineId: number }
  /** The queue for build capacity: there may be free places. */
  | { readonly type: "places" };

/** Messages of one group are handled one at a time, in order; groups run side by side. */
export type Queue = {
  readonly send: (message: Message, options?: { readonly delaySeconds?: number }) => Promise<void>;
};

/** Same group for all messages about one thing. */
export function messageGroup(message: Message): string {
  switch (message.type) {
    case "delivery":
      return `delivery:${message.forge}:${message.project}`;
    case "pipeline":
      return `pipeline:${message.pipelineId}`;
    case "places":
      return "places";
  }
}
