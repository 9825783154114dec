import type { StatusTurnStore } from "../status-turn-store.ts";
import { type Table, updateItem } from "./access.ts";
import { itemKey, ttlAt } from "./item.ts";

/** A pipeline that nobody reports on for so long starts with a clean slate. */
const keptDays = 30;

export function dynamodbStatusTurns(table: Table): StatusTurnStore {
  return {
    take: async (pipelineId, holder, { now, until }) => {
      const item = await updateItem(
        table,
        turnKey(pipelineId),
        {
          text: "SET #holder = :holder, #until = :until, #ttl = :ttl",
          names: { "#holder": "holder", "#until": "until", "#ttl": "ttl" },
          values: { ":holder": holder, ":until": until, ":ttl": ttlAt(table.now(), keptDays) },
        },
        {
          text:
            "(attribute_not_exists(#until) OR #until <= :now) AND " +
            "(attribute_not_exists(#paused) OR #paused <= :now)",
          names: { "#paused": "pausedUntil" },
          values: { ":now": now },
        },
      );
      if (item === "refused") return undefined;
      return { failures: typeof item.failures === "number" ? item.failures : 0 };
    },

    give: async (pipelineId, holder, failure) => {
      const names = { "#until": "until", "#failures": "failures", "#paused": "pausedUntil" };
      await updateItem(
        table,
        turnKey(pipelineId),
        failure === undefined
          ? { text: "REMOVE #until, #failures, #paused", names }
          : {
              text: "SET #failures = :failures, #paused = :paused REMOVE #until",
              names,
              values: { ":failures": failure.failures, ":paused": failure.pausedUntil },
            },
        {
          text: "#holder = :holder",
          names: { "#holder": "holder" },
          values: { ":holder": holder },
        },
      );
    },
  };
}

function turnKey(pipelineId: number): string {
  return itemKey("STATUSTURN", pipelineId);
}
