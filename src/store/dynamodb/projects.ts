import type { ProjectStore, StoredProject } from "../project-store.ts";
import { getItem, isAbsent, nextNumber, putItem, queryIndex, type Table } from "./access.ts";
import { type Item, itemKey, numberOf, textOf } from "./item.ts";
import { dynamodbSeenRefs } from "./seen-refs.ts";

export function dynamodbProjects(table: Table): ProjectStore {
  async function get(forge: string, path: string): Promise<StoredProject | undefined> {
    const item = await getItem(table, projectKey(forge, path));
    return item === undefined ? undefined : projectOf(item);
  }

  return {
    get,

    ensure: async (forge, path, now) => {
      const present = await get(forge, path);
      if (present !== undefined) return present;
      const item = {
        pk: projectKey(forge, path),
        id: await nextNumber(table, itemKey("COUNTER", "project")),
        forge,
        path,
        createdAt: now,
        kind: "project",
        order: itemKey(forge, path),
      };
      if ((await putItem(table, `Project ${path}`, item, isAbsent)) === "done") {
        return projectOf(item);
      }
      const first = await get(forge, path);
      if (first === undefined) throw new Error(`project ${path} was there and is gone`);
      return first;
    },

    list: async () => {
      const found: StoredProject[] = [];
      const query = queryIndex(table, { index: "byKind", value: "project", newestFirst: false });
      for await (const entry of query) {
        const item = await getItem(table, textOf(entry, "pk"));
        if (item !== undefined) found.push(projectOf(item));
      }
      return found;
    },

    ...dynamodbSeenRefs(table, projectKey),
  };
}

function projectKey(forge: string, path: string): string {
  return itemKey("PROJECT", forge, path);
}

function projectOf(item: Item): StoredProject {
  return {
    id: numberOf(item, "id"),
    forge: textOf(item, "forge"),
    path: textOf(item, "path"),
    createdAt: textOf(item, "createdAt"),
  };
}
