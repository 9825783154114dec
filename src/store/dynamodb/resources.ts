import type { ResourceStore } from "../resource-store.ts";
import { changeItem, getItem, type Table } from "./access.ts";
import { type Item, itemKey, ttlAt } from "./item.ts";
import { acquireTurn, releaseTurn, type Turns } from "./resource-turns.ts";

/** An idle group is forgotten; one with a holder never is. */
const idleDays = 30;

/** One item for each group, changed under its version. */
export function dynamodbResources(table: Table): ResourceStore {
  async function change(
    project: string,
    group: string,
    decide: (turns: Turns) => Turns,
  ): Promise<Turns> {
    const what = `Resource group ${group} of ${project}`;
    const changed = await changeItem(table, what, resourceKey(project, group), (item) => {
      const present = turnsOf(item);
      const turns = decide(present);
      if (turns === present) return undefined;
      const idle = turns.holder === undefined ? { ttl: ttlAt(table.now(), idleDays) } : {};
      return { turns, ...idle };
    });
    return turnsOf(changed);
  }

  return {
    acquire: async (project, group, jobId) => {
      const { holder } = await change(project, group, (turns) => acquireTurn(turns, jobId));
      return holder === jobId ? "acquired" : "waiting";
    },

    release: async (project, group, jobId) =>
      (await change(project, group, (turns) => releaseTurn(turns, jobId))).holder,

    holder: async (project, group) =>
      turnsOf(await getItem(table, resourceKey(project, group))).holder,
  };
}

function resourceKey(project: string, group: string): string {
  return itemKey("RESOURCE", project, group);
}

function turnsOf(item: Item | undefined): Turns {
  return (item?.turns as Turns | undefined) ?? { waiting: [] };
}
