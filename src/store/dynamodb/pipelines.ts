import { historyRefOf } from "#pipeline/history-ref.ts";
import type { Pipeline } from "#pipeline/pipeline.ts";
import type { Status } from "#pipeline/status.ts";
import type { History, PipelineStore, PipelineSummary } from "../pipeline-store.ts";
import { getItem, isAbsent, nextNumber, putItem, queryIndex, type Table } from "./access.ts";
import {
  type Item,
  itemKey,
  numberOf,
  packDocument,
  sortableId,
  textOf,
  ttlAt,
  unpackDocument,
} from "./item.ts";
import { hasUnfinishedBusiness, standsInLineOnly } from "./open-pipeline.ts";
import { fromDocument, type PipelineDocument, toDocument } from "./pipeline-document.ts";
import { emptyHistory, historyOf, readHistory, withHistory } from "./pipeline-history.ts";

/** A repeated event older than this makes a new pipeline. */
const claimDays = 90;

export function dynamodbPipelines(table: Table): PipelineStore {
  return {
    nextId: () => nextNumber(table, itemKey("COUNTER", "pipeline")),
    nextIid: (project) => nextNumber(table, itemKey("COUNTER", "iid", project)),

    claim: async (semanticKey, pipelineId) => {
      const pk = itemKey("CLAIM", semanticKey);
      const claim = { pk, pipelineId, ttl: ttlAt(table.now(), claimDays) };
      // A claim can run out between the refused write and the read; then it is free again.
      for (;;) {
        if ((await putItem(table, "A claim", claim, isAbsent)) === "done") return pipelineId;
        const holder = await getItem(table, pk);
        if (holder !== undefined) return numberOf(holder, "pipelineId");
      }
    },

    create: async (pipeline) => {
      const item = { ...(await pipelineItem(pipeline, 1)), ...(await emptyHistory()) };
      const result = await putItem(table, `Pipeline ${pipeline.id}`, item, isAbsent);
      return result === "done" ? "created" : "exists";
    },

    get: async (id) => {
      const item = await getItem(table, itemKey("PIPELINE", id));
      if (item === undefined) return undefined;
      const document = await unpackDocument<PipelineDocument>(item);
      return {
        value: fromDocument(document),
        version: numberOf(item, "version"),
        history: historyOf(item),
      };
    },

    save: async (pipeline, version, history) => {
      const item = await pipelineItem(pipeline, version + 1, history);
      const result = await putItem(table, `Pipeline ${pipeline.id}`, item, {
        text: "#version = :version",
        names: { "#version": "version" },
        values: { ":version": version },
      });
      return result === "done" ? "saved" : "conflict";
    },

    readHistory,

    list: async (filter) => {
      const found: PipelineSummary[] = [];
      if (filter.limit <= 0) return found;
      const query = queryIndex(table, {
        ...chooseIndex(filter),
        newestFirst: true,
        pageSize: Math.min(filter.limit, 1000),
        ...(filter.before === undefined ? {} : { before: sortableId(filter.before) }),
      });
      for await (const item of query) {
        const isOther = filter.project === undefined && item.ref !== filter.ref;
        if (filter.ref !== undefined && isOther) continue;
        found.push(summaryOf(item));
        if (found.length === filter.limit) break;
      }
      return found;
    },

    listOpen: async () => {
      const ids: number[] = [];
      const query = queryIndex(table, { index: "open", value: "pipeline", newestFirst: false });
      for await (const item of query) ids.push(Number(textOf(item, "order")));
      return ids;
    },

    listInLine: async (limit) => {
      const ids: number[] = [];
      if (limit <= 0) return ids;
      const query = queryIndex(table, {
        index: "open",
        value: "in-line",
        newestFirst: false,
        pageSize: limit,
      });
      for await (const item of query) {
        ids.push(Number(textOf(item, "order")));
        if (ids.length === limit) break;
      }
      return ids;
    },
  };
}

function chooseIndex(filter: { readonly project?: string; readonly ref?: string }) {
  if (filter.project === undefined) return { index: "byKind", value: "pipeline" } as const;
  if (filter.ref === undefined) {
    return { index: "byProject", value: itemKey("PROJECT", filter.project) } as const;
  }
  return { index: "byRef", value: itemKey("REF", filter.project, filter.ref) } as const;
}

async function pipelineItem(pipeline: Pipeline, version: number, history?: History): Promise<Item> {
  const ref = pipeline.facts.ref.name;
  const item: Item = {
    pk: itemKey("PIPELINE", pipeline.id),
    version,
    document: await packDocument(toDocument(pipeline)),
    id: pipeline.id,
    iid: pipeline.iid,
    forge: pipeline.forge,
    project: pipeline.project,
    status: pipeline.status,
    createdAt: pipeline.createdAt,
    ref,
    sha: pipeline.facts.commit.sha,
    order: sortableId(pipeline.id),
    kind: "pipeline",
    byProject: itemKey("PROJECT", pipeline.project),
    byRef: itemKey("REF", pipeline.project, historyRefOf(pipeline.facts)),
    ...openAs(pipeline),
  };
  return history === undefined ? item : withHistory(item, history);
}

function openAs(pipeline: Pipeline): { readonly open?: "pipeline" | "in-line" } {
  if (!hasUnfinishedBusiness(pipeline)) return {};
  return { open: standsInLineOnly(pipeline) ? "in-line" : "pipeline" };
}

function summaryOf(item: Item): PipelineSummary {
  return {
    id: numberOf(item, "id"),
    iid: numberOf(item, "iid"),
    forge: textOf(item, "forge"),
    project: textOf(item, "project"),
    status: textOf(item, "status") as Status,
    createdAt: textOf(item, "createdAt"),
    ref: textOf(item, "ref"),
    sha: textOf(item, "sha"),
  };
}
