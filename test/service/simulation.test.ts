import { beforeAll, describe, expect, test } from "vitest";
import { type Figures, figuresOf } from "../../bench/simulation/figures.ts";
import { partitionReads, partitionWrites } from "../../bench/simulation/key-load.ts";
import { type Simulation, simulate } from "../../bench/simulation/simulate.ts";

const pushed = 60;
const limit = 8;

describe("sixty pipelines in five minutes, with eight builds at a time and faults all around", () => {
  let simulation: Simulation;
  let figures: Figures;

  beforeAll(async () => {
    simulation = await simulate({ pipelines: pushed, limit, pushSeconds: 300, seed: 7 });
    figures = figuresOf(simulation, pushed);
  }, 60_000);

  test("all pass, and each script runs exactly once", () => {
    expect(simulation.pipelines.map(({ status }) => status)).toEqual(
      Array.from({ length: pushed }, () => "success"),
    );
    expect(figures).toMatchObject({ lost: 0, doubled: 0 });
  });

  test("use the builds there are, and never more", () => {
    expect(figures.mostBuilds).toBe(limit);
  });

  test("leave nobody in line and nothing unfinished", () => {
    const left = simulation.pipelines.flatMap(({ environments }) =>
      environments.filter(({ state }) => state !== "ended"),
    );
    expect(left).toEqual([]);
    expect(simulation.queue.counts.failed).toBe(0);
  });

  test("ask CodeBuild for a build about as often as it is refused, and not at every look", () => {
    expect(figures.costs.startsAccepted).toBeLessThan(5.5);
    expect(figures.costs.startsRefused).toBeLessThan(2 * figures.costs.startsAccepted);
  });

  test("do not make the small projects wait for the large one", () => {
    const waiting = new Map(figures.waiting.map(({ kind, p95 }) => [kind, p95]));
    expect(waiting.get("rare")).toBeLessThan((waiting.get("crowd") ?? 0) / 2);
  });

  test("end in the same state when their stored events are given to them again", () => {
    expect(simulation.endOtherwise).toEqual([]);
  });

  test("load no partition of the table near its limit", () => {
    expect(figures.busiest.writes.peak).toBeLessThan(partitionWrites / 5);
    expect(figures.busiest.reads.peak).toBeLessThan(partitionReads / 5);
  });
});
