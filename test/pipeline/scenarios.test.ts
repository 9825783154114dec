import { describe, expect, test } from "vitest";
import {
  type ScriptedEvent,
  type SimulatedState,
  scriptedEvents,
  simulate,
} from "#pipeline/simulate.ts";
import { pipelineOf, plan, start } from "./build.ts";
import { endScenarios } from "./end-scenarios.ts";
import { manualScenarios } from "./manual-scenarios.ts";
import { needsScenarios } from "./needs-scenarios.ts";
import type { Scenario } from "./scenarios.ts";
import { stageScenarios } from "./stage-scenarios.ts";

const all: readonly Scenario[] = [
  ...stageScenarios,
  ...endScenarios,
  ...needsScenarios,
  ...manualScenarios,
];

function scripted(text: string): ScriptedEvent {
  const [name, ...jobs] = text.split(" ");
  const event = scriptedEvents.find((known) => known === name);
  if (event === undefined) throw new Error(`no event ${text}`);
  return jobs.length === 0 ? { event } : { event, jobs };
}

function written(state: SimulatedState): string {
  const list = (statuses: Readonly<Record<string, string>>) =>
    Object.entries(statuses)
      .map(([name, status]) => `${name}:${status}`)
      .join(" ");
  return `${state.pipeline} | ${list(state.stages)} | ${list(state.jobs)}`;
}

describe("pipelines", () => {
  test.for(all)("$name", (scenario) => {
    const events = scenario.steps.filter(([event]) => event !== "");
    const pipeline = pipelineOf(plan(scenario.stages, scenario.jobs, scenario.autoCancel));
    const states = simulate(
      pipeline,
      events.map(([event]) => scripted(event)),
      start,
    ).map(written);
    const first = scenario.steps[0]?.[0] === "" ? 0 : 1;
    expect(states.slice(first)).toEqual(scenario.steps.map(([, state]) => state));
  });

  test("there are at least forty of them, all different", () => {
    expect(new Set(all.map((scenario) => scenario.name)).size).toBeGreaterThanOrEqual(40);
  });
});
