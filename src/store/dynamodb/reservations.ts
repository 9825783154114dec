import type { ReservationStore, Reserved } from "../reservation-store.ts";
import { changeItem, getItem, nextNumber, type Table, updateItem } from "./access.ts";
import { type Item, itemKey, ttlAt } from "./item.ts";

/** Longer than any job. */
const keptDays = 7;

/** One item for each scope, changed under its version, and one for its count. */
export function dynamodbReservations(table: Table): ReservationStore {
  return {
    get: async (scope) => reservedOf(await getItem(table, itemKey("RESERVED", scope))),

    change: async (scope, decide) => {
      const what = `What is reserved for ${scope}`;
      await changeItem(table, what, itemKey("RESERVED", scope), async (item) => {
        const reserved = await decide(reservedOf(item));
        return reserved && { reserved, ttl: ttlAt(table.now(), keptDays) };
      });
    },

    count: async (scope) => {
      const key = itemKey("UPLOADS", scope);
      const count = await nextNumber(table, key);
      if (count === 1) {
        await updateItem(table, key, {
          text: "SET #ttl = :ttl",
          names: { "#ttl": "ttl" },
          values: { ":ttl": ttlAt(table.now(), keptDays) },
        });
      }
      return count;
    },
  };
}

function reservedOf(item: Item | undefined): Reserved {
  return (item?.reserved as Reserved | undefined) ?? {};
}
