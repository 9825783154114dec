import type { Plan } from "#language/plan.ts";
import type { Ports } from "./deps.ts";
import { planKey } from "./keys.ts";

/** The plan of a pipeline that has jobs; it was stored before the pipeline was. */
export async function readPlan(deps: Pick<Ports, "blobs">, pipelineId: number): Promise<Plan> {
  const bytes = await deps.blobs.get(planKey(pipelineId));
  if (bytes === undefined) throw new Error(`The plan of pipeline ${pipelineId} is gone.`);
  return JSON.parse(new TextDecoder().decode(bytes));
}
