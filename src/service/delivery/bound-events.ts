import type { TriggerEvent } from "#pipeline/trigger-event.ts";

/** What one stored delivery may hold: well below the size of a database item, whatever the text in it. */
const maxBytes = 200_000;

/** GitLab shows 2,700 characters in `CI_MERGE_REQUEST_DESCRIPTION`; one more tells that there were more. */
const maxDescription = 2701;

export type BoundedEvents = {
  readonly events: readonly TriggerEvent[];
  /** How many did not fit: the sweep finds their refs. */
  readonly left: number;
};

/** The events that one delivery is stored with, in their order, descriptions cut to what is ever shown. */
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
