import type { Approval, ApprovalStore } from "../approval-store.ts";
import {
  deleteItem,
  type Expression,
  getItem,
  isAbsent,
  putItem,
  queryIndex,
  type Table,
  updateItem,
} from "./access.ts";
import {
  type Item,
  itemKey,
  newerFormat,
  packDocument,
  sortableId,
  textOf,
  ttlAt,
  unpackDocument,
} from "./item.ts";

/** Who did not approve for so long will not. */
const keptDays = 90;

const isWaiting: Expression = {
  text: "#state = :waiting",
  names: { "#state": "state" },
  values: { ":waiting": "waiting" },
};

type Kept = Omit<Approval, "state" | "by" | "approvedAt">;

type Stored =
  | ({ readonly format: 2 } & Kept)
  /** As approvals were stored at first: the event as JSON. */
  | ({ readonly format?: undefined; readonly event: string } & Omit<Kept, "event">);

export function dynamodbApprovals(table: Table): ApprovalStore {
  async function get(pipelineId: number): Promise<Approval | undefined> {
    const item = await getItem(table, approvalKey(pipelineId));
    return item === undefined ? undefined : approvalOf(item);
  }

  return {
    get,

    ask: async (approval) => {
      const item = {
        pk: approvalKey(approval.pipelineId),
        state: "waiting",
        document: await packDocument({ format: 2, ...approval } satisfies Stored),
        kind: "approval",
        order: sortableId(approval.pipelineId),
        ttl: ttlAt(table.now(), keptDays),
      };
      for (;;) {
        if ((await putItem(table, "An approval", item, isAbsent)) === "done")
          return { ...approval, state: "waiting" };
        const present = await get(approval.pipelineId);
        if (present !== undefined) return present;
      }
    },

    approve: async (pipelineId, by, at) => {
      const changed = await updateItem(
        table,
        approvalKey(pipelineId),
        {
          text: "SET #state = :approved, approvedBy = :by, approvedAt = :at REMOVE #kind",
          names: { "#state": "state", "#kind": "kind" },
          values: { ":approved": "approved", ":by": by, ":at": at },
        },
        isWaiting,
      );
      return changed === "refused" ? get(pipelineId) : approvalOf(changed);
    },

    withdraw: async (pipelineId) => {
      await deleteItem(table, approvalKey(pipelineId), isWaiting);
    },

    listWaiting: async (limit) => {
      const found: Approval[] = [];
      const query = queryIndex(table, { index: "byKind", value: "approval", newestFirst: true });
      for await (const entry of query) {
        if (found.length >= limit) break;
        const item = await getItem(table, textOf(entry, "pk"));
        if (item !== undefined && item.state === "waiting") found.push(await approvalOf(item));
      }
      return found;
    },
  };
}

function approvalKey(pipelineId: number): string {
  return itemKey("APPROVAL", pipelineId);
}

async function approvalOf(item: Item): Promise<Approval> {
  const kept = keptOf(item, await unpackDocument<Stored>(item));
  if (textOf(item, "state") !== "approved") return { ...kept, state: "waiting" };
  return {
    ...kept,
    state: "approved",
    by: textOf(item, "approvedBy"),
    approvedAt: textOf(item, "approvedAt"),
  };
}

function keptOf(item: Item, stored: Stored): Kept {
  switch (stored.format) {
    case 2: {
      const { format: _format, ...kept } = stored;
      return kept;
    }
    case undefined:
      return { ...stored, event: JSON.parse(stored.event) };
    default:
      throw newerFormat(item);
  }
}
