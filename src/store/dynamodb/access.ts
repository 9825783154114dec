import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from "@aws-sdk/lib-dynamodb";
import { defined } from "#language/defined.ts";
import { type Item, numberOf, refuseTooLarge, textOf } from "./item.ts";
import { mergeSorted, shardKeysOf, spread } from "./spread.ts";
import { type IndexKey, indexes } from "./table.ts";

export type Table = {
  readonly client: DynamoDBDocumentClient;
  readonly name: string;
  /** Epoch milliseconds, for times to live. */
  readonly now: () => number;
};

/** An expression with its `#names` and `:values`. */
export type Expression = {
  readonly text: string;
  readonly names?: Readonly<Record<string, string>>;
  readonly values?: Readonly<Record<string, unknown>>;
};

export const isAbsent: Expression = { text: "attribute_not_exists(pk)" };

/** Always the newest state. */
export async function getItem(table: Table, pk: string): Promise<Item | undefined> {
  const answer = await table.client.send(
    new GetCommand({ TableName: table.name, Key: { pk }, ConsistentRead: true }),
  );
  return answer.Item;
}

/** Writes the whole item; "refused" when the condition does not hold. */
export async function putItem(
  table: Table,
  what: string,
  item: Item,
  condition?: Expression,
): Promise<"done" | "refused"> {
  refuseTooLarge(what, item);
  return unlessRefused<"done">(async () => {
    await table.client.send(
      new PutCommand({
        TableName: table.name,
        Item: spread(item),
        ConditionExpression: condition?.text,
        ExpressionAttributeNames: condition?.names,
        ExpressionAttributeValues: condition?.values,
      }),
    );
    return "done";
  });
}

/** Changes single attributes and returns the item as it is now. */
export async function updateItem(
  table: Table,
  pk: string,
  change: Expression,
  condition?: Expression,
): Promise<Item | "refused"> {
  const names = { ...change.names, ...condition?.names };
  const values = { ...change.values, ...condition?.values };
  return unlessRefused(async () => {
    const answer = await table.client.send(
      new UpdateCommand({
        TableName: table.name,
        Key: { pk },
        UpdateExpression: change.text,
        ConditionExpression: condition?.text,
        ExpressionAttributeNames: Object.keys(names).length > 0 ? names : undefined,
        ExpressionAttributeValues: Object.keys(values).length > 0 ? values : undefined,
        ReturnValues: "ALL_NEW",
      }),
    );
    return answer.Attributes ?? {};
  });
}

const mostChanges = 50;

/**
 * Replaces an item by what `decide` makes of it, where nobody else changed it meanwhile; else decides again.
 * Leaves it as it is where that is undefined. Gives the item as it is then. Such items carry a `version`.
 */
export async function changeItem(
  table: Table,
  what: string,
  pk: string,
  decide: (present: Item | undefined) => Item | undefined | Promise<Item | undefined>,
): Promise<Item | undefined> {
  for (let attempt = 0; attempt < mostChanges; attempt++) {
    const present = await getItem(table, pk);
    const next = await decide(present);
    if (next === undefined) return present;
    const version = present === undefined ? 0 : numberOf(present, "version");
    const condition: Expression = {
      text: "#version = :version",
      names: { "#version": "version" },
      values: { ":version": version },
    };
    const item = { ...next, pk, version: version + 1 };
    const written = await putItem(table, what, item, version === 0 ? isAbsent : condition);
    if (written === "done") return item;
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 10 * (attempt + 1)));
  }
  throw new Error(`${what} is changed too often; try again`);
}

/** Leaves the item where the condition does not hold. */
export async function deleteItem(table: Table, pk: string, condition?: Expression): Promise<void> {
  await unlessRefused(() =>
    table.client.send(
      new DeleteCommand({
        TableName: table.name,
        Key: { pk },
        ConditionExpression: condition?.text,
        ExpressionAttributeNames: condition?.names,
        ExpressionAttributeValues: condition?.values,
      }),
    ),
  );
}

/** Unique and rising; a number that is drawn and not used leaves a gap. */
export async function nextNumber(table: Table, pk: string): Promise<number> {
  const item = await updateItem(table, pk, {
    text: "ADD #value :one",
    names: { "#value": "value" },
    values: { ":one": 1 },
  });
  const value = item === "refused" ? undefined : item.value;
  if (typeof value !== "number") throw new Error(`the counter ${pk} gave no number`);
  return value;
}

type IndexQuery = {
  readonly index: IndexKey;
  readonly value: string;
  readonly newestFirst: boolean;
  /** Only items whose `order` is lower. */
  readonly before?: string;
  /** Only items whose `order` is higher; not together with `before`. */
  readonly after?: string;
  /** How many the caller will want, for the size of a page. */
  readonly pageSize?: number;
};

/**
 * One after the other in the index's order, page by page as they are asked for. An index may lag behind the
 * items by seconds: nothing that must not be overlooked may be decided by what it does not show.
 */
export async function* queryIndex(table: Table, query: IndexQuery): AsyncGenerator<Item> {
  const keys = shardKeysOf(query.index, query.value);
  if (keys.length === 1) {
    yield* queryKey(table, query);
    return;
  }
  const pageSize = query.pageSize && Math.ceil((2 * query.pageSize) / keys.length) + 1;
  yield* mergeSorted(
    keys.map((value) => queryKey(table, { ...query, value, ...(pageSize && { pageSize }) })),
    (a, b) => query.newestFirst === textOf(a, "order") > textOf(b, "order"),
  );
}

async function* queryKey(table: Table, query: IndexQuery): AsyncGenerator<Item> {
  const index = indexes[query.index];
  const bound = query.before ?? query.after;
  let start: Item | undefined;
  do {
    const answer = await table.client.send(
      new QueryCommand({
        TableName: table.name,
        IndexName: index.name,
        KeyConditionExpression:
          bound === undefined
            ? "#key = :key"
            : `#key = :key AND #order ${query.before === undefined ? ">" : "<"} :bound`,
        ExpressionAttributeNames: {
          "#key": index.key,
          ...(bound === undefined ? {} : { "#order": "order" }),
        },
        ExpressionAttributeValues: {
          ":key": query.value,
          ...defined({ ":bound": bound }),
        },
        ScanIndexForward: !query.newestFirst,
        Limit: query.pageSize,
        ExclusiveStartKey: start,
      }),
    );
    yield* answer.Items ?? [];
    start = answer.LastEvaluatedKey;
  } while (start !== undefined);
}

async function unlessRefused<T>(write: () => Promise<T>): Promise<T | "refused"> {
  try {
    return await write();
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return "refused";
    throw error;
  }
}
