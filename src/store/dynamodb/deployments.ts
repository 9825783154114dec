import type { Deployment, DeploymentEnvironment, DeploymentStore } from "../deployment-store.ts";
import { changeItem, getItem, queryIndex, type Table } from "./access.ts";
import { type Item, itemKey, packDocument, textOf, unpackDocument } from "./item.ts";

/** Deployments of one environment that are kept. */
const mostKept = 50;

/** These keys keep the word that the first version of Slipway used, so that what it stored is found. */
const keys = {
  one: (project: string, name: string) => itemKey("ENVIRONMENT", project, name),
  ofProject: (project: string) => itemKey("ENVIRONMENTS", project),
};

export function dynamodbDeployments(table: Table): DeploymentStore {
  return {
    record: async (project, environment, deployment) => {
      const what = `The deployment environment ${environment.name} of ${project}`;
      const pk = keys.one(project, environment.name);
      await changeItem(table, what, pk, async (item) => {
        const present = item === undefined ? [] : (await environmentOf(item)).deployments;
        const deployments = withDeployment(present, deployment);
        return {
          document: await packDocument({ ...environment, deployments }),
          byProject: keys.ofProject(project),
          order: itemKey("NAME", environment.name),
        };
      });
    },

    list: async (project) => {
      const found: DeploymentEnvironment[] = [];
      const query = queryIndex(table, {
        index: "byProject",
        value: keys.ofProject(project),
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

function environmentOf(item: Item): Promise<DeploymentEnvironment> {
  return unpackDocument<DeploymentEnvironment>(item);
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
