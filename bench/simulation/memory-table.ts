import { ConditionalCheckFailedException, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { defined } from "#language/defined.ts";
import { tableDefinition } from "#store/dynamodb/table.ts";
import { type Attributes, changed, holds } from "./expression.ts";
import { type KeyLoads, keyLoads } from "./key-load.ts";
import { type IndexCopy, indexCopy } from "./memory-index.ts";

export type MemoryTable = {
  readonly client: DynamoDBDocumentClient;
  /** Write and read units by partition key, of the table and of its indexes. */
  readonly writes: KeyLoads;
  readonly reads: KeyLoads;
};

type Input = {
  readonly Key?: { readonly pk: string };
  readonly Item?: Attributes;
  readonly IndexName?: string;
  readonly ConditionExpression?: string;
  readonly KeyConditionExpression?: string;
  readonly UpdateExpression?: string;
  readonly ExpressionAttributeNames?: Record<string, string>;
  readonly ExpressionAttributeValues?: Record<string, unknown>;
  readonly ScanIndexForward?: boolean;
  readonly Limit?: number;
  readonly ExclusiveStartKey?: Attributes;
};

/**
 * The table as `tableDefinition` describes it, behind the real document client: its commands are answered from
 * memory, at once, instead of being sent. Indexes never lag. Counts capacity units as AWS does.
 */
export function memoryTable(now: () => number): MemoryTable {
  const items = new Map<string, Attributes>();
  const definition = tableDefinition("memory");
  const indexes = new Map<string, IndexCopy>(
    (definition.GlobalSecondaryIndexes ?? []).map((index) => [
      index.IndexName ?? "",
      indexCopy(index),
    ]),
  );
  const [writes, reads] = [keyLoads(now), keyLoads(now)];

  function write(pk: string, next: Attributes | undefined): void {
    const before = items.get(pk);
    const bytes = Math.max(bytesOf(before), bytesOf(next));
    writes.note(pk, Math.max(1, Math.ceil(bytes / 1024)));
    if (next === undefined) items.delete(pk);
    else items.set(pk, next);
    for (const [name, index] of indexes) {
      for (const key of index.replace(before, next)) writes.note(`${name}/${key}`, 1);
    }
  }

  function check(pk: string, input: Input): Attributes {
    const item = items.get(pk) ?? {};
    const scope = scopeOf(item, input);
    if (input.ConditionExpression !== undefined && !holds(input.ConditionExpression, scope)) {
      writes.note(pk, Math.max(1, Math.ceil(bytesOf(item) / 1024)));
      throw new ConditionalCheckFailedException({ message: "refused", $metadata: {} });
    }
    return item;
  }

  function answer(command: string, input: Input): object {
    const pk = input.Key?.pk ?? String(input.Item?.pk ?? "");
    switch (command) {
      case "GetCommand": {
        const item = items.get(pk);
        reads.note(pk, Math.max(1, Math.ceil(bytesOf(item) / 4096)));
        return item === undefined ? {} : { Item: { ...item } };
      }
      case "PutCommand":
        check(pk, input);
        write(pk, withoutUndefined(input.Item ?? {}));
        return {};
      case "UpdateCommand": {
        const next = changed(input.UpdateExpression ?? "", scopeOf(check(pk, input), input));
        write(pk, { ...next, pk });
        return { Attributes: { ...next, pk } };
      }
      case "DeleteCommand":
        check(pk, input);
        write(pk, undefined);
        return {};
      case "QueryCommand":
        return query(input);
      default:
        throw new Error(`${command} is not answered from memory`);
    }
  }

  function query(input: Input): object {
    const name = input.IndexName ?? "";
    const found = indexes.get(name);
    if (found === undefined) throw new Error(`there is no index ${name}`);
    const values = input.ExpressionAttributeValues ?? {};
    const key = String(values[":key"]);
    const bound = values[":bound"] === undefined ? undefined : String(values[":bound"]);
    const isUpper = / < :bound/.test(input.KeyConditionExpression ?? "");
    const page = found.list(key, {
      forward: input.ScanIndexForward !== false,
      limit: input.Limit ?? 1000,
      ...(bound !== undefined && (isUpper ? { below: bound } : { above: bound })),
      ...defined({ startAfter: input.ExclusiveStartKey }),
    });
    const bytes = page.items.reduce((sum, item) => sum + bytesOf(item), 0);
    reads.note(`${name}/${key}`, Math.max(1, Math.ceil(bytes / 4096)) / 2);
    const last = page.items.at(-1);
    return {
      Items: page.items,
      ...(page.more && last && { LastEvaluatedKey: { pk: last.pk, order: last.order } }),
    };
  }

  const base = new DynamoDBClient({
    region: "us-east-1",
    credentials: { accessKeyId: "memory", secretAccessKey: "memory" },
  });
  const client = Object.assign(DynamoDBDocumentClient.from(base), {
    send: async (command: { readonly input: object }) =>
      answer(command.constructor.name, command.input),
  });
  return { client, writes, reads };
}

function scopeOf(item: Attributes, input: Input) {
  return {
    item,
    names: input.ExpressionAttributeNames ?? {},
    values: input.ExpressionAttributeValues ?? {},
  };
}

function withoutUndefined(item: Attributes): Attributes {
  return Object.fromEntries(Object.entries(item).filter(([, value]) => value !== undefined));
}

/** Roughly, as capacity is counted: names and values. */
function bytesOf(value: unknown): number {
  if (value === undefined) return 0;
  if (value instanceof Uint8Array) return value.byteLength;
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return 8;
  return Object.entries(value).reduce(
    (sum, [name, inner]) => sum + name.length + bytesOf(inner),
    0,
  );
}
