import type { DeployedEnvironment, Deployment, DeploymentStore } from "../deployment-store.ts";
import { changeItem, getItem, queryIndex, type Table } from "./access.ts";
import { type Item, itemKey, packDocument, textOf, unpackDocument } from "./item.ts";

/** Deployments of one environment that are kept. */
const mostKept = 50;

export function dynamodbDeployments(table: Table): DeploymentStore {
  return {
    record: async (project, environment, deployment) => {
      const what = `The environment ${environment.name} of ${project}`;
      const pk = itemKey("ENVIRONMENT", project, environment.name);
      await changeItem(table, what, pk, async (item) => {
        const present = item === undefined ? [] : (await environmentOf(item)).deployments;
        const deployments = withDeployment(present, deployment);
        return {
          document: await packDocument({ ...environment, deployments }),
          byProject: itemKey("ENVIRONMENTS", project),
          order: itemKey("NAME", environment.name),
        };
      });
    },

    list: async (project) => {
      const found: DeployedEnvironment[] = [];
      const query = queryIndex(table, {
        index: "byProject",
        value: itemKey("ENVIRONMENTS", project),
        newestFirst: false,
      });
      for await (const entry of query) {
        const item = await getItem(table, textOf(entry, "pk"));
        if (item !== undefined) found.push(await environmentOf(item));
      }
      return found;
    },
  };
}

function environmentOf(item: Item): Promise<DeployedEnvironment> {
  return unpackDocument<DeployedEnvironment>(item);
}

/** In the order in which the jobs were started, however late they were heard of; an end is final. */
function withDeployment(
  present: readonly Deployment[],
  deployment: Deployment,
): readonly Deployment[] {
  const known = present.find(({ jobId }) => jobId === deployment.jobId);
  if (known?.finishedAt !== undefined && deployment.finishedAt === undefined) return present;
  return [deployment, ...present.filter(({ jobId }) => jobId !== deployment.jobId)]
    .toSorted((a, b) => Date.parse(b.startedAt) - Date.parse(a.startedAt) || b.jobId - a.jobId)
    .slice(0, mostKept);
}
