import type { RefHistoryEntry, RefHistoryStore } from "../ref-history-store.ts";
import { changeItem, getItem, type Table } from "./access.ts";
import { type Item, itemKey, ttlAt } from "./item.ts";

/** More than can be on their way at once. */
const mostEntries = 20;
/** As long as a claim of a pipeline's id. */
const keptDays = 90;

/** One item for each branch, tag and merge request, changed under its version. */
export function dynamodbRefHistories(table: Table): RefHistoryStore {
  return {
    note: async (project, historyRef, entry) => {
      const what = `The history of ${historyRef} of ${project}`;
      await changeItem(table, what, historyKey(project, historyRef), (item) => {
        const present = entriesOf(item);
        if (present.some(({ pipelineId }) => pipelineId === entry.pipelineId)) return undefined;
        const entries = [entry, ...present]
          .toSorted((a, b) => b.pipelineId - a.pipelineId)
          .slice(0, mostEntries);
        return { entries, ttl: ttlAt(table.now(), keptDays) };
      });
    },

    read: async (project, historyRef) =>
      entriesOf(await getItem(table, historyKey(project, historyRef))),
  };
}

/** The key keeps the word that the first version of Slipway used, so that what it stored is found. */
function historyKey(project: string, historyRef: string): string {
  return itemKey("LINE", project, historyRef);
}

function entriesOf(item: Item | undefined): readonly RefHistoryEntry[] {
  return (item?.entries as readonly RefHistoryEntry[] | undefined) ?? [];
}
