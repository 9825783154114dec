import type { ProjectKey } from "#pipeline/project-key.ts";
import type { ProjectStore, StoredProject } from "../project-store.ts";
import { getItem, isAbsent, nextNumber, putItem, queryIndex, type Table } from "./access.ts";
import { type Item, itemKey, numberOf, textOf } from "./item.ts";
import { dynamodbSeenRefs } from "./seen-refs.ts";

export function dynamodbProjects(table: Table): ProjectStore {
  async function get(key: ProjectKey): Promise<StoredProject | undefined> {
    const item = await getItem(table, projectItemKey(key));
    return item === undefined ? undefined : projectOf(item);
  }

  return {
    get,

    ensure: async (key, now) => {
      const present = await get(key);
      if (present !== undefined) return present;
      const item = {
        pk: projectItemKey(key),
        id: await nextNumber(table, itemKey("COUNTER", "project")),
        forge: key.forge,
        path: key.project,
        createdAt: now,
        kind: "project",
        order: itemKey(key.forge, key.project),
      };
      if ((await putItem(table, `Project ${key.project}`, item, isAbsent)) === "done") {
        return projectOf(item);
      }
      const first = await get(key);
      if (first === undefined) throw new Error(`project ${key.project} was there and is gone`);
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

    ...dynamodbSeenRefs(table, projectItemKey),
  };
}

function projectItemKey({ forge, project }: ProjectKey): string {
  return itemKey("PROJECT", forge, project);
}

function projectOf(item: Item): StoredProject {
  return {
    id: numberOf(item, "id"),
    forge: textOf(item, "forge"),
    project: textOf(item, "path"),
    createdAt: textOf(item, "createdAt"),
  };
}
