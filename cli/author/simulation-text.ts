import type { ScriptedEvent, SimulatedState } from "#pipeline/simulate.ts";
import { colors } from "../colors.ts";
import { harmless } from "./display-width.ts";

/** States for people: what each step changed. */
export function simulationText(
  states: readonly SimulatedState[],
  events: readonly ScriptedEvent[],
): string {
  return states
    .map((state, index) => stepText(state, states[index - 1], events[index - 1]))
    .join("\n");
}

function stepText(
  state: SimulatedState,
  before: SimulatedState | undefined,
  event: ScriptedEvent | undefined,
): string {
  const title = event === undefined ? "created" : eventText(event);
  const changed = Object.entries(state.jobs).filter(([name, now]) => before?.jobs[name] !== now);
  const width = Math.max(0, ...changed.map(([name]) => name.length));
  const lines = changed.map(([name, now]) => {
    const was = before?.jobs[name];
    const from = was === undefined ? "" : colors.dim(`${was} → `);
    return `  ${harmless(name).padEnd(width)}  ${from}${now}`;
  });
  return [`${colors.bold(title)}: pipeline ${state.pipeline}`, ...lines].join("\n");
}

function eventText({ event, jobs }: ScriptedEvent): string {
  return harmless(`${event} ${jobs?.join(", ") ?? "the pipeline"}`);
}
