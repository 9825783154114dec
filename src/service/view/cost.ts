import type * as z from "zod/mini";
import type { ComputeSize, Pipeline } from "#pipeline/pipeline.ts";
import { type EnvironmentUsage, environmentUsage } from "#pipeline/usage.ts";
import { usageAsIf } from "#pipeline/usage-as-if.ts";
import { minutePrice, prices } from "#project/prices.ts";
import { webhookCost } from "#project/webhook-cost.ts";
import { type Host, isoNow, type Ports } from "../deps.ts";
import type { buildCostSchema, costReportSchema, pipelineCostSchema } from "./schema/cost.ts";

export type BuildCost = z.output<typeof buildCostSchema>;

export type PipelineCost = z.output<typeof pipelineCostSchema>;

export type CostReport = z.output<typeof costReportSchema>;

/** Pipelines in one report. */
const most = 500;
/** A machine that is not hired starts at once. Published measurements of CodeBuild range from 30 to 190 s. */
const usualProvisioning = 60;
const leavingSeconds = 5;
const usualCompute: ComputeSize = "small";

export type CostDeps = Pick<Ports, "store"> & Pick<Host, "now">;

export async function costOfPipeline(
  deps: CostDeps,
  pipelineId: number,
): Promise<CostReport | undefined> {
  const stored = await deps.store.pipelines.get(pipelineId);
  return stored === undefined ? undefined : report(deps, [stored.value], false);
}

/** Newest first, down to those that were made before `since` (ISO 8601). */
export async function costSince(
  deps: CostDeps,
  filter: { readonly project?: string; readonly since: string },
): Promise<CostReport> {
  const { project, since } = filter;
  const found: Pipeline[] = [];
  const listed = await deps.store.pipelines.list({
    ...(project === undefined ? {} : { project }),
    limit: most + 1,
  });
  const young = listed.filter(({ createdAt }) => createdAt >= since);
  for (const { id } of young.slice(0, most)) {
    const stored = await deps.store.pipelines.get(id);
    if (stored !== undefined) found.push(stored.value);
  }
  return report(deps, found, young.length > most);
}

function report(deps: CostDeps, pipelines: readonly Pipeline[], cut: boolean): CostReport {
  const now = isoNow(deps);
  const usages = pipelines.map((pipeline) => ({
    pipeline,
    environments: environmentUsage(pipeline, now),
  }));
  const all = usages.flatMap(({ environments }) => environments);
  const hired = all.filter(({ compute }) => compute !== undefined);
  const provisioningSeconds = median(
    hired.flatMap(({ provisioningSeconds: seconds }) => seconds ?? []),
    usualProvisioning,
  );
  const overhead = { provisioningSeconds, leavingSeconds };
  const costs = usages
    .filter(({ environments }) => environments.length > 0)
    .map(({ pipeline, environments }) => pipelineCost(pipeline, environments, overhead, now));
  return {
    region: prices.region,
    prices_as_of: prices.asOf,
    billed: hired.length > 0,
    assumed: { provisioning_seconds: provisioningSeconds, leaving_seconds: leavingSeconds },
    pipelines: costs,
    total: {
      pipelines: costs.length,
      jobs: costs.reduce((sum, { jobs }) => sum + jobs, 0),
      by_compute: group(all, ({ compute }) => compute ?? usualCompute).map(([compute, each]) => ({
        compute,
        ...costOf(each),
      })),
      as_if: group(
        costs.flatMap(({ as_if }) => as_if),
        ({ executor }) => executor,
      ).map(([executor, each]) => ({ executor, ...sum(each) })),
    },
    webhooks_per_million: webhookCost(),
    ...(cut && { cut }),
  };
}

function pipelineCost(
  pipeline: Pipeline,
  environments: readonly EnvironmentUsage[],
  overhead: Parameters<typeof usageAsIf>[1],
  now: string,
): PipelineCost {
  const compute = environments.find((each) => each.compute)?.compute ?? usualCompute;
  const price = minutePrice(compute);
  const add = (pick: (usage: EnvironmentUsage) => number) =>
    Math.round(environments.reduce((total, usage) => total + pick(usage), 0) * 10) / 10;
  return {
    id: pipeline.id,
    project: pipeline.project,
    ref: pipeline.facts.ref.name,
    status: pipeline.status,
    created_at: pipeline.createdAt,
    executor: pipeline.settings.executor,
    compute,
    jobs: add(({ jobs }) => jobs),
    waited_seconds: add(({ waitedSeconds }) => waitedSeconds),
    provisioning_seconds: add(({ provisioningSeconds }) => provisioningSeconds ?? 0),
    ...costOf(environments),
    as_if: usageAsIf(pipeline, overhead, now).map((usage) => ({
      ...usage,
      ...(price !== undefined && { dollars: usage.minutes * price }),
    })),
  };
}

function costOf(environments: readonly EnvironmentUsage[]): BuildCost {
  return sum(
    environments.map(({ minutes, compute }) => {
      const price = minutePrice(compute ?? usualCompute);
      return { environments: 1, minutes, ...(price !== undefined && { dollars: minutes * price }) };
    }),
  );
}

/** The sum is undefined if one of its parts has no price. */
function sum(costs: readonly BuildCost[]): BuildCost {
  const dollars = costs.reduce<number | undefined>(
    (total, cost) =>
      total === undefined || cost.dollars === undefined ? undefined : total + cost.dollars,
    0,
  );
  return {
    environments: costs.reduce((total, cost) => total + cost.environments, 0),
    minutes: costs.reduce((total, cost) => total + cost.minutes, 0),
    ...(dollars !== undefined && { dollars }),
  };
}

function group<T, K>(values: readonly T[], key: (value: T) => K): readonly (readonly [K, T[]])[] {
  const groups = new Map<K, T[]>();
  for (const value of values) {
    const known = groups.get(key(value));
    if (known === undefined) groups.set(key(value), [value]);
    else known.push(value);
  }
  return [...groups];
}

function median(values: readonly number[], otherwise: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? otherwise;
}
