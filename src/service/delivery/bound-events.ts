import type { TriggerEvent } from "#pipeline/trigger-event.ts";

/** Size limit of one stored delivery, well below the size of a database item for any text. */
const maxBytes = 200_000;

/** GitLab puts 2,700 characters into `CI_MERGE_REQUEST_DESCRIPTION`. One more is kept to know whether the text was cut. */
const maxDescription = 2701;

export type BoundedEvents = {
  readonly events: readonly TriggerEvent[];
  /** How many events did not fit. The sweep finds their refs. */
  readonly left: number;
};

/** The events to store with one delivery, in their order, with descriptions cut to the length that is shown. */
export function boundEvents(all: readonly TriggerEvent[]): BoundedEvents {
  const events: TriggerEvent[] = [];
  let bytes = 0;
  for (const event of all) {
    const short = withShortDescription(event);
    bytes += Buffer.byteLength(JSON.stringify(short)) + 1;
    if (bytes > maxBytes) break;
    events.push(short);
  }
  return { events, left: all.length - events.length };
}

function withShortDescription(event: TriggerEvent): TriggerEvent {
  if (event.kind !== "merge_request") return event;
  const description = event.mergeRequest.description.slice(0, maxDescription);
  return { ...event, mergeRequest: { ...event.mergeRequest, description } };
}
