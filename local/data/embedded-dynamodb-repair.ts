import dynaliteDb, { type StoredItem } from "dynalite/db/index.js";
import { Level } from "level";
import { defined } from "#language/defined.ts";
import { MachineProblem } from "../machine-problem.ts";

/** Another process works on the same data. */
export class EmbeddedDynamodbInUse extends MachineProblem {
  override readonly name = "EmbeddedDynamodbInUse";

  constructor(directory: string, cause: unknown) {
    super(
      `The state in ${directory} is in use by another process. Stop the other Slipway ` +
        "(slipway down), or choose another directory with --data.",
      { cause },
    );
  }
}

type StoredTable = Readonly<Record<string, unknown>> & {
  readonly TableName: string;
  readonly TableStatus: string;
  readonly GlobalSecondaryIndexes?: readonly Readonly<Record<string, unknown>>[];
};

type Change =
  | { readonly type: "put"; readonly key: string; readonly value: unknown }
  | { readonly type: "del"; readonly key: string };

const largestBatch = 500;

/**
 * Makes good what a killed process left behind, before the store opens: dynalite writes an item and its
 * index entries one after the other, so an index can disagree with the items, which are the truth. Also
 * drops what is past its time to live, since dynalite never does. Knows the key layout of the pinned
 * dynalite.
 */
export async function repairEmbeddedDynamodb(directory: string, now: number): Promise<void> {
  const level = new Level<string, unknown>(directory, { valueEncoding: "json" });
  try {
    await level.open();
  } catch (error) {
    if (isLocked(error)) throw new EmbeddedDynamodbInUse(directory, error);
    throw error;
  }
  try {
    for await (const [key, value] of level.iterator(startingWith("table~"))) {
      const table = value as StoredTable;
      await repairTable(level, key, table, now / 1000);
    }
  } finally {
    await level.close();
  }
}

async function repairTable(
  level: Level<string, unknown>,
  tableKey: string,
  table: StoredTable,
  nowSeconds: number,
): Promise<void> {
  const changes: Change[] = [];
  async function change(next: Change): Promise<void> {
    changes.push(next);
    if (changes.length >= largestBatch) await level.batch(changes.splice(0));
  }

  const wanted = new Map<string, StoredItem>();
  for await (const [key, value] of level.iterator(startingWith(`item-${table.TableName}~`))) {
    const item = value as StoredItem;
    if (isPast(item, nowSeconds)) {
      await change({ type: "del", key });
      continue;
    }
    for (const [indexKey, entry] of indexEntries(table, item)) wanted.set(indexKey, entry);
  }
  const indexPrefix = `index-global~${table.TableName}~`;
  for await (const [key, value] of level.iterator(startingWith(indexPrefix))) {
    const entry = wanted.get(key);
    wanted.delete(key);
    if (entry === undefined) await change({ type: "del", key });
    else if (JSON.stringify(value) !== JSON.stringify(entry)) {
      await change({ type: "put", key, value: entry });
    }
  }
  for (const [key, value] of wanted) await change({ type: "put", key, value });
  if (table.TableStatus !== "ACTIVE") {
    await change({ type: "put", key: tableKey, value: activated(table) });
  }
  await level.batch(changes);
}

function* indexEntries(table: StoredTable, item: StoredItem): Generator<[string, StoredItem]> {
  const indexes = table.GlobalSecondaryIndexes ?? [];
  for (const put of dynaliteDb.getIndexActions(indexes, undefined, item, table).puts) {
    yield [`index-global~${table.TableName}~${put.index}~${put.key}`, put.item];
  }
}

/** A table whose maker was killed before it became active would never do so. */
function activated(table: StoredTable): StoredTable {
  const indexes = table.GlobalSecondaryIndexes?.map((index) => ({
    ...index,
    IndexStatus: "ACTIVE",
  }));
  return {
    ...table,
    TableStatus: "ACTIVE",
    ...defined({ GlobalSecondaryIndexes: indexes }),
  };
}

function isPast(item: StoredItem, nowSeconds: number): boolean {
  const seconds = item.ttl?.N;
  return typeof seconds === "string" && Number(seconds) < nowSeconds;
}

function startingWith(prefix: string): { readonly gte: string; readonly lt: string } {
  return { gte: prefix, lt: `${prefix}\uffff` };
}

function isLocked(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ("code" in error && error.code === "LEVEL_LOCKED") return true;
  return isLocked(error.cause);
}
