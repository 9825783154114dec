import type { CodebuildEvent } from "./events.ts";

/** How events are delivered: EventBridge promises neither once, nor in order, nor at all. */
export type Delivery = {
  /** Share of events that are lost, 0 to 1. */
  drop: number;
  /** Times that each event is delivered. */
  copies: number;
  /** Longest delay of an event. */
  delayMilliseconds: number;
  /** Holds events back until so many are there, and delivers them last first. */
  reorder: number;
};

export type EventBus = {
  readonly delivery: Delivery;
  readonly publish: (event: CodebuildEvent) => void;
  /** Delivers what is held back and waits for all that is under way. */
  readonly flush: () => Promise<void>;
};

export function eventBus(sink: (event: CodebuildEvent) => Promise<void> | void): EventBus {
  const delivery: Delivery = { drop: 0, copies: 1, delayMilliseconds: 0, reorder: 1 };
  const held: CodebuildEvent[] = [];
  const underWay = new Set<Promise<void>>();

  const deliver = (event: CodebuildEvent): void => {
    if (Math.random() < delivery.drop) return;
    for (let copy = 0; copy < delivery.copies; copy += 1) {
      const delay = Math.random() * delivery.delayMilliseconds;
      const done = new Promise<void>((resolve) => setTimeout(resolve, delay))
        .then(() => sink(event))
        .finally(() => underWay.delete(done));
      done.catch(() => undefined);
      underWay.add(done);
    }
  };
  const release = (): void => {
    for (const event of held.splice(0).reverse()) deliver(event);
  };

  return {
    delivery,
    publish: (event) => {
      held.push(event);
      if (held.length >= delivery.reorder) release();
    },
    flush: async () => {
      release();
      while (underWay.size > 0) await Promise.allSettled(underWay);
    },
  };
}

/** A sink that posts each event as JSON, as an API destination of EventBridge does. */
export function httpSink(url: string): (event: CodebuildEvent) => Promise<void> {
  return async (event) => {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(event),
    });
    await response.arrayBuffer();
  };
}
