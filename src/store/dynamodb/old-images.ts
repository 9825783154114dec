import type { OldImage, OldImageStore } from "../old-image-store.ts";
import { deleteItem, getItem, putItem, queryIndex, type Table } from "./access.ts";
import { type Item, itemKey, textOf } from "./item.ts";

/** Sorts after every key that begins with the same time. */
const last = "\uffff";

export function dynamodbOldImages(table: Table): OldImageStore {
  return {
    put: async (image) => {
      const pk = imageKey(image);
      const order = itemKey(image.dueAt, pk);
      await putItem(table, `The old image ${image.tag}`, {
        ...image,
        pk,
        kind: "old-image",
        order,
      });
    },

    listDue: async (now, limit) => {
      const found: OldImage[] = [];
      const query = queryIndex(table, {
        index: "byKind",
        value: "old-image",
        newestFirst: false,
        before: `${now}${last}`,
        pageSize: limit,
      });
      for await (const entry of query) {
        if (found.length >= limit) break;
        const item = await getItem(table, textOf(entry, "pk"));
        if (item !== undefined && textOf(item, "dueAt") <= now) found.push(imageOf(item));
      }
      return found;
    },

    delete: (image) => deleteItem(table, imageKey(image)),
  };
}

function imageKey({ forge, project, ref }: OldImage): string {
  return itemKey("OLDIMAGE", forge, project, ref);
}

function imageOf(item: Item): OldImage {
  return {
    forge: textOf(item, "forge"),
    project: textOf(item, "project"),
    ref: textOf(item, "ref"),
    tag: textOf(item, "tag"),
    deletedAt: textOf(item, "deletedAt"),
    dueAt: textOf(item, "dueAt"),
  };
}
