import { getItem, isAbsent, putItem, type Table } from "./dynamodb-access.ts";
import { itemKey, numberOf, ttlAt } from "./dynamodb-item.ts";
import { acquireTurn, releaseTurn, type Turns } from "./resource-turns.ts";
import type { ResourceStore } from "./store.ts";

/** An idle group is forgotten; one with a holder never is. */
const idleDays = 30;

const mostAttempts = 50;

export function dynamodbResources(table: Table): ResourceStore {
  /** Reads, decides, writes where nobody else did meanwhile; else again. */
  async function change<T>(
    project: string,
    group: string,
    decide: (turns: Turns) => { readonly turns: Turns; readonly result: T },
  ): Promise<T> {
    const pk = itemKey("RESOURCE", project, group);
    for (let attempt = 0; attempt < mostAttempts; attempt++) {
      const item = await getItem(table, pk);
      const version = item === undefined ? 0 : numberOf(item, "version");
      const present = (item?.turns as Turns | undefined) ?? { waiting: [] };
      const { turns, result } = decide(present);
      if (turns === present) return result;
      const idle = turns.holder === undefined ? { ttl: ttlAt(table.now(), idleDays) } : {};
      const written = await putItem(
        table,
        `Resource group ${group}`,
        { pk, version: version + 1, turns, ...idle },
        version === 0
          ? isAbsent
          : {
              text: "#version = :version",
              names: { "#version": "version" },
              values: { ":version": version },
            },
      );
      if (written === "done") return result;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 10 * (attempt + 1)));
    }
    throw new Error(`the resource group "${group}" of ${project} is changed too often; try again`);
  }

  return {
    acquire: (project, group, jobId) =>
      change(project, group, (turns) => {
        const next = acquireTurn(turns, jobId);
        return { turns: next, result: next.holder === jobId ? "acquired" : "waiting" };
      }),

    release: (project, group, jobId) =>
      change(project, group, (turns) => {
        const next = releaseTurn(turns, jobId);
        return { turns: next, result: next.holder };
      }),

    holder: (project, group) =>
      change(project, group, (turns) => ({ turns, result: turns.holder })),
  };
}
