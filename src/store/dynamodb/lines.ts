import type { LineEntry, LineStore } from "../line-store.ts";
import { changeItem, getItem, type Table } from "./access.ts";
import { type Item, itemKey, ttlAt } from "./item.ts";

/** More than can be on their way at once. */
const mostEntries = 20;
/** As long as a claim of a pipeline's id. */
const keptDays = 90;

/** One item for each line, changed under its version. */
export function dynamodbLines(table: Table): LineStore {
  return {
    note: async (project, line, entry) => {
      await changeItem(table, `The line ${line} of ${project}`, lineKey(project, line), (item) => {
        const present = entriesOf(item);
        if (present.some(({ pipelineId }) => pipelineId === entry.pipelineId)) return undefined;
        const entries = [entry, ...present]
          .toSorted((a, b) => b.pipelineId - a.pipelineId)
          .slice(0, mostEntries);
        return { entries, ttl: ttlAt(table.now(), keptDays) };
      });
    },

    read: async (project, line) => entriesOf(await getItem(table, lineKey(project, line))),
  };
}

function lineKey(project: string, line: string): string {
  return itemKey("LINE", project, line);
}

function entriesOf(item: Item | undefined): readonly LineEntry[] {
  return (item?.entries as readonly LineEntry[] | undefined) ?? [];
}
