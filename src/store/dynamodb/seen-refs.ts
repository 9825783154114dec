import type { ProjectStore } from "../project-store.ts";
import { deleteItem, getItem, putItem, queryIndex, type Table, updateItem } from "./access.ts";
import { type Item, itemKey, textOf } from "./item.ts";

/** Once they were attributes of the project, which then grew with every branch. */
const oldPrefix = "ref:";

/** Each ref is an item: what a push costs does not grow with a project's branches. */
export function dynamodbSeenRefs(
  table: Table,
  projectKey: (forge: string, path: string) => string,
): Pick<ProjectStore, "seenRef" | "seenRefs" | "setSeenRef"> {
  return {
    seenRef: async (forge, path, ref) => {
      const item = await getItem(table, refKey(forge, path, ref));
      if (item !== undefined) return textOf(item, "sha");
      return oldRefs(await getItem(table, projectKey(forge, path)))[ref];
    },

    seenRefs: async (forge, path) => {
      const found = { ...oldRefs(await getItem(table, projectKey(forge, path))) };
      const query = queryIndex(table, {
        index: "byProject",
        value: listKey(forge, path),
        newestFirst: false,
      });
      for await (const item of query) found[textOf(item, "ref")] = textOf(item, "sha");
      return found;
    },

    setSeenRef: async (forge, path, ref, sha) => {
      const pk = refKey(forge, path, ref);
      if (sha !== undefined) {
        const place = { byProject: listKey(forge, path), order: itemKey("REF", ref) };
        await putItem(table, `The ref ${ref}`, { pk, ...place, forge, project: path, ref, sha });
        return;
      }
      await deleteItem(table, pk);
      const names = { "#ref": oldPrefix + ref };
      await updateItem(
        table,
        projectKey(forge, path),
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

function refKey(forge: string, path: string, ref: string): string {
  return itemKey("SEENREF", forge, path, ref);
}

function listKey(forge: string, path: string): string {
  return itemKey("SEENREFS", forge, path);
}
