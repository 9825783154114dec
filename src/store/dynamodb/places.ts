import { defined } from "#language/defined.ts";
import type { Place, PlaceStore } from "../place-store.ts";
import {
  deleteItem,
  getItem,
  isAbsent,
  putItem,
  queryIndex,
  type Table,
  updateItem,
} from "./access.ts";
import { type Item, itemKey, numberOf, sortableId, textOf, ttlAt } from "./item.ts";

/** Index keys among which projects are spread, so that none takes all writes. */
const shards = Array.from({ length: 8 }, (_, shard) => shard);

/** An entry whose environment is forgotten goes by itself. */
const keptDays = 30;

/** Sorts after all that begins with the same text. */
const last = "\uffff";

/** Read by every start, written when the line is shut or opened and once for each run that gives places. */
const lineKey = itemKey("LINE", "places");
const servedName = "lastServed";

export function dynamodbPlaces(table: Table): PlaceStore {
  return {
    wait: async (place) => {
      await putItem(
        table,
        `The place of ${place.environmentId}`,
        waitingItem(table, place),
        isAbsent,
      );
    },

    hold: async (environmentId) => {
      const pk = placeKey(environmentId);
      const item = await getItem(table, pk);
      if (item === undefined) return;
      await updateItem(
        table,
        pk,
        {
          text: "SET #kind = :kind",
          names: { "#kind": "kind" },
          values: { ":kind": kindOf("held", textOf(item, "project")) },
        },
        { text: "attribute_exists(pk)" },
      );
    },

    leave: (environmentId) => deleteItem(table, placeKey(environmentId)),

    listWaiting: (ofEachProject) =>
      inEveryShard((shard) => listWaiting(table, `waiting#${shard}`, ofEachProject)),

    listHeld: () =>
      inEveryShard(async (shard) => {
        const found: Place[] = [];
        const query = queryIndex(table, {
          index: "byKind",
          value: `held#${shard}`,
          newestFirst: false,
        });
        for await (const item of query) found.push(placeOf(item));
        return found;
      }),

    readLine: async (now) => {
      const { pk: _, [servedName]: lastServed, ...gates } = (await getItem(table, lineKey)) ?? {};
      const shut = Object.entries(gates).flatMap(([name, until]): [string, string][] =>
        typeof until === "string" && until > now ? [[name, until]] : [],
      );
      return { shut: new Map(shut), ...(typeof lastServed === "string" && { lastServed }) };
    },

    noteServed: (project) => setInLine(table, servedName, project),
    shut: (size, until) => setInLine(table, size, until),

    open: async (size) => {
      await updateItem(table, lineKey, { text: "REMOVE #size", names: { "#size": size } });
    },
  };
}

async function setInLine(table: Table, name: string, value: string): Promise<void> {
  await updateItem(table, lineKey, {
    text: "SET #name = :value",
    names: { "#name": name },
    values: { ":value": value },
  });
}

/** Jumps from project to project, so that one with thousands in line hides none behind it. */
async function listWaiting(
  table: Table,
  kind: string,
  ofEachProject: number,
): Promise<readonly Place[]> {
  const found: Place[] = [];
  let after: string | undefined;
  for (;;) {
    const page: Place[] = [];
    const query = queryIndex(table, {
      index: "byKind",
      value: kind,
      newestFirst: false,
      pageSize: ofEachProject,
      ...defined({ after }),
    });
    for await (const item of query) {
      page.push(placeOf(item));
      if (page.length === ofEachProject) break;
    }
    found.push(...page);
    const end = page.at(-1);
    if (end === undefined || page.length < ofEachProject) return found;
    after = itemKey(end.size, end.project) + last;
  }
}

async function inEveryShard(
  list: (shard: number) => Promise<readonly Place[]>,
): Promise<readonly Place[]> {
  return (await Promise.all(shards.map(list))).flat();
}

function waitingItem(table: Table, place: Place): Item {
  const { environmentId, pipelineId, project, size } = place;
  return {
    pk: placeKey(environmentId),
    kind: kindOf("waiting", project),
    order: itemKey(size, project, sortableId(pipelineId), environmentId),
    id: pipelineId,
    project,
    ttl: ttlAt(table.now(), keptDays),
  };
}

function placeOf(item: Item): Place {
  const order = textOf(item, "order");
  return {
    environmentId: textOf(item, "pk").slice(itemKey("PLACE", "").length),
    pipelineId: numberOf(item, "id"),
    project: textOf(item, "project"),
    size: order.slice(0, order.indexOf("#")),
  };
}

function placeKey(environmentId: string): string {
  return itemKey("PLACE", environmentId);
}

function kindOf(state: "waiting" | "held", project: string): string {
  let hash = 0;
  for (const character of project) {
    hash = (Math.imul(hash, 31) + (character.codePointAt(0) ?? 0)) >>> 0;
  }
  return `${state}#${hash % shards.length}`;
}
