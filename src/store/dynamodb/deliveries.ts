import { defined } from "#language/defined.ts";
import type { Delivery, DeliveryStore } from "../delivery-store.ts";
import { getItem, isAbsent, putItem, queryIndex, type Table, updateItem } from "./access.ts";
import { outcomesIn, packDelivery, unpackDelivery } from "./delivery-document.ts";
import { type Item, itemKey, textOf, ttlAt } from "./item.ts";
import type { IndexKey } from "./table.ts";

/** Forges redeliver by hand for days at most. */
const keptDays = 30;

const rank = { received: 0, queued: 1, done: 2 } as const;

export function dynamodbDeliveries(table: Table): DeliveryStore {
  async function* deliveries(index: IndexKey, newestFirst: boolean, pageSize?: number) {
    const query = queryIndex(table, {
      index,
      value: "delivery",
      newestFirst,
      ...defined({ pageSize }),
    });
    for await (const entry of query) {
      const item = await getItem(table, textOf(entry, "pk"));
      if (item !== undefined) yield await deliveryOf(item);
    }
  }

  return {
    put: async (delivery) => {
      const item = await deliveryItem(table, delivery);
      for (;;) {
        if ((await putItem(table, `Delivery ${delivery.id}`, item, isAbsent)) === "done") {
          return { ...delivery, state: "received" };
        }
        const present = await getItem(table, textOf(item, "pk"));
        if (present !== undefined) return deliveryOf(present);
      }
    },

    get: async ({ forge, project }, id) => {
      const item = await getItem(table, deliveryKey({ forge, project, id }));
      return item === undefined ? undefined : deliveryOf(item);
    },

    mark: async (delivery, state, outcomes) => {
      const withOutcomes = outcomes !== undefined;
      await updateItem(
        table,
        deliveryKey(delivery),
        {
          text:
            `SET #state = :state, #rank = :rank, #at = :at${withOutcomes ? ", #outcomes = :outcomes" : ""}` +
            (state === "done" ? " REMOVE #open" : ""),
          names: {
            "#state": "state",
            "#rank": "rank",
            "#at": `${state}At`,
            ...(withOutcomes ? { "#outcomes": "outcomes" } : {}),
            ...(state === "done" ? { "#open": "open" } : {}),
          },
          values: {
            ":state": state,
            ":rank": rank[state],
            ":at": new Date(table.now()).toISOString(),
            ...(withOutcomes ? { ":outcomes": outcomes } : {}),
          },
        },
        { text: "#rank < :rank", names: { "#rank": "rank" } },
      );
    },

    setOutcomes: async (delivery, outcomes) => {
      await updateItem(
        table,
        deliveryKey(delivery),
        {
          text: "SET #outcomes = :outcomes, #at = :at",
          names: { "#outcomes": "outcomes", "#at": "doneAt" },
          values: { ":outcomes": outcomes, ":at": new Date(table.now()).toISOString() },
        },
        { text: "#state = :done", names: { "#state": "state" }, values: { ":done": "done" } },
      );
    },

    list: async (limit) => {
      const found: Delivery[] = [];
      if (limit <= 0) return found;
      for await (const delivery of deliveries("byKind", true, Math.min(limit, 1000))) {
        found.push(delivery);
        if (found.length === limit) break;
      }
      return found;
    },

    listUnfinished: async () => {
      const found: Delivery[] = [];
      for await (const delivery of deliveries("open", false)) {
        // An index may lag behind the item.
        if (delivery.state !== "done") found.push(delivery);
      }
      return found;
    },
  };
}

function deliveryKey(delivery: Pick<Delivery, "forge" | "project" | "id">): string {
  return itemKey("DELIVERY", delivery.forge, delivery.project, delivery.id);
}

async function deliveryItem(table: Table, delivery: Delivery): Promise<Item> {
  return {
    pk: deliveryKey(delivery),
    state: "received",
    rank: rank.received,
    forge: delivery.forge,
    project: delivery.project,
    receivedAt: delivery.receivedAt,
    document: await packDelivery(delivery),
    order: itemKey(delivery.receivedAt, delivery.id),
    kind: "delivery",
    open: "delivery",
    ttl: ttlAt(table.now(), keptDays),
  };
}

async function deliveryOf(item: Item): Promise<Delivery> {
  const kept = await unpackDelivery(item);
  const { queuedAt, doneAt } = item;
  const outcomes = outcomesIn(item);
  return {
    forge: textOf(item, "forge"),
    project: textOf(item, "project"),
    id: kept.id,
    receivedAt: textOf(item, "receivedAt"),
    state: textOf(item, "state") as Delivery["state"],
    events: kept.events,
    ...defined({ outcomes }),
    ...(typeof queuedAt === "string" ? { queuedAt } : {}),
    ...(typeof doneAt === "string" ? { doneAt } : {}),
  };
}
