import type { GlobalSecondaryIndex } from "@aws-sdk/client-dynamodb";
import type { Attributes } from "./expression.ts";

export type IndexCopy = {
  /** Takes over a changed item; the index keys under which something had to be written. */
  readonly replace: (
    before: Attributes | undefined,
    after: Attributes | undefined,
  ) => readonly string[];
  readonly list: (
    key: string,
    options: {
      readonly forward: boolean;
      readonly limit: number;
      readonly below?: string;
      readonly above?: string;
      readonly startAfter?: Attributes;
    },
  ) => { readonly items: readonly Attributes[]; readonly more: boolean };
};

type Entry = { readonly sort: string; readonly item: Attributes };

/** One index of the table, sparse and sorted, with the attributes that it is defined to have. */
export function indexCopy(index: GlobalSecondaryIndex): IndexCopy {
  const [hash = "", range = ""] = (index.KeySchema ?? []).map(({ AttributeName }) => AttributeName);
  const projected = new Set(["pk", hash, range, ...(index.Projection?.NonKeyAttributes ?? [])]);
  const partitions = new Map<string, Entry[]>();

  const copyOf = (item: Attributes | undefined): Attributes | undefined =>
    item === undefined || item[hash] === undefined || item[range] === undefined
      ? undefined
      : Object.fromEntries(Object.entries(item).filter(([name]) => projected.has(name)));
  const sortOf = (item: Attributes): string => `${String(item[range])}\0${String(item.pk)}`;

  function put(item: Attributes): void {
    const key = String(item[hash]);
    const entries = partitions.get(key) ?? [];
    partitions.set(key, entries);
    const sort = sortOf(item);
    const at = position(entries, sort);
    entries.splice(at, entries[at]?.sort === sort ? 1 : 0, { sort, item });
  }

  function remove(item: Attributes): void {
    const entries = partitions.get(String(item[hash])) ?? [];
    const sort = sortOf(item);
    const at = position(entries, sort);
    if (entries[at]?.sort === sort) entries.splice(at, 1);
  }

  return {
    replace: (before, after) => {
      const [old, fresh] = [copyOf(before), copyOf(after)];
      if (old === undefined && fresh === undefined) return [];
      if (old !== undefined && fresh !== undefined && isSame(old, fresh)) return [];
      const moved = old?.[hash] !== fresh?.[hash] || old?.[range] !== fresh?.[range];
      if (old !== undefined && moved) remove(old);
      if (fresh !== undefined) put(fresh);
      const touched = [old, fresh].flatMap((item) =>
        item === undefined ? [] : [String(item[hash])],
      );
      return moved ? touched : touched.slice(0, 1);
    },

    list: (key, { forward, limit, below, above, startAfter }) => {
      const entries = partitions.get(key) ?? [];
      let from = above === undefined ? 0 : position(entries, `${above}\0\uffff`);
      let to = below === undefined ? entries.length : position(entries, below);
      if (startAfter !== undefined) {
        const at = position(entries, sortOf(startAfter));
        if (forward) from = Math.max(from, entries[at]?.sort === sortOf(startAfter) ? at + 1 : at);
        else to = Math.min(to, at);
      }
      const count = Math.max(0, Math.min(limit, to - from));
      const page = forward
        ? entries.slice(from, from + count)
        : entries.slice(to - count, to).reverse();
      return { items: page.map(({ item }) => ({ ...item })), more: count < to - from };
    },
  };
}

/** Of the first entry that is not before `sort`. */
function position(entries: readonly Entry[], sort: string): number {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((entries[middle]?.sort ?? "") < sort) low = middle + 1;
    else high = middle;
  }
  return low;
}

function isSame(a: Attributes, b: Attributes): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
