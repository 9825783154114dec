import type { CommitStatusStore, StoredCommitStatus } from "../commit-status-store.ts";
import { getItem, type Table, updateItem } from "./access.ts";
import { itemKey } from "./item.ts";

const statusPrefix = "status:";

/** One item per commit; each ref and context is an attribute of its own, so that writers never meet. */
export function dynamodbCommitStatuses(table: Table): CommitStatusStore {
  return {
    put: async (status) => {
      await updateItem(table, commitKey(status.project, status.sha), {
        text: "SET #context = :status",
        names: { "#context": `${statusPrefix}${JSON.stringify([status.ref, status.context])}` },
        values: { ":status": status },
      });
    },

    list: async (project, sha) => {
      const item = (await getItem(table, commitKey(project, sha))) ?? {};
      return Object.keys(item)
        .filter((name) => name.startsWith(statusPrefix))
        .sort()
        .map((name) => item[name] as StoredCommitStatus);
    },
  };
}

function commitKey(project: string, sha: string): string {
  return itemKey("COMMIT", project, sha);
}
