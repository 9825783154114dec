import type { Plan } from "#language/plan.ts";
import type { JobSketch } from "./build.ts";

/**
 * One pipeline and what becomes of it: the first step is its creation (`""`), each further one an event and
 * the jobs that it happens to. A state is `pipeline | stages | jobs`.
 */
export type Scenario = {
  readonly name: string;
  readonly stages: readonly string[];
  readonly jobs: readonly JobSketch[];
  readonly autoCancel?: Partial<Plan["autoCancel"]>;
  readonly steps: readonly (readonly [event: string, state: string])[];
};
