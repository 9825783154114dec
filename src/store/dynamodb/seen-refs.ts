import type { ProjectKey } from "#pipeline/project-key.ts";
import type { ProjectStore } from "../project-store.ts";
import { deleteItem, getItem, putItem, queryIndex, type Table, updateItem } from "./access.ts";
import { type Item, itemKey, textOf } from "./item.ts";

/** Once they were attributes of the project, which then grew with every branch. */
const oldPrefix = "ref:";

/** Each ref is an item: what a push costs does not grow with a project's branches. */
export function dynamodbSeenRefs(
  table: Table,
  projectItemKey: (key: ProjectKey) => string,
): Pick<ProjectStore, "seenRef" | "seenRefs" | "setSeenRef"> {
  return {
    seenRef: async (key, ref) => {
      const item = await getItem(table, refKey(key, ref));
      if (item !== undefined) return textOf(item, "sha");
      return oldRefs(await getItem(table, projectItemKey(key)))[ref];
    },

    seenRefs: async (key) => {
      const found = { ...oldRefs(await getItem(table, projectItemKey(key))) };
      const query = queryIndex(table, {
        index: "byProject",
        value: listKey(key),
        newestFirst: false,
      });
      for await (const item of query) found[textOf(item, "ref")] = textOf(item, "sha");
      return found;
    },

    setSeenRef: async (key, ref, sha) => {
      const pk = refKey(key, ref);
      if (sha !== undefined) {
        const place = { byProject: listKey(key), order: itemKey("REF", ref) };
        const { forge, project } = key;
        await putItem(table, `The ref ${ref}`, { pk, ...place, forge, project, ref, sha });
        return;
      }
      await deleteItem(table, pk);
      const names = { "#ref": oldPrefix + ref };
      await updateItem(
        table,
        projectItemKey(key),
        { text: "REMOVE #ref", names },
        { text: "attribute_exists(#ref)", names },
      );
    },
  };
}

function oldRefs(project: Item | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(project ?? {}).flatMap(([name, sha]): [string, string][] =>
      name.startsWith(oldPrefix) && typeof sha === "string"
        ? [[name.slice(oldPrefix.length), sha]]
        : [],
    ),
  );
}

function refKey({ forge, project }: ProjectKey, ref: string): string {
  return itemKey("SEENREF", forge, project, ref);
}

function listKey({ forge, project }: ProjectKey): string {
  return itemKey("SEENREFS", forge, project);
}
