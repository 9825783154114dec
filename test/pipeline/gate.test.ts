import { describe, expect, test } from "vitest";
import { type GateVerdict, judgeGate } from "#pipeline/gate.ts";
import { isCompleted, statuses } from "#pipeline/status.ts";

const whens = ["on_success", "on_failure", "always", "manual", "delayed"] as const;

/** For each `when`: the completed statuses before it that let the job run; all others skip it. */
const lets = {
  stages: {
    on_success: ["success", "skipped"],
    manual: ["success", "skipped"],
    delayed: ["success", "skipped"],
    on_failure: ["failed"],
    always: ["success", "failed", "skipped"],
  },
  needs: {
    on_success: ["success"],
    manual: ["success"],
    delayed: ["success"],
    on_failure: ["failed"],
    always: ["success", "failed", "skipped"],
  },
} as const;

const rows = (["stages", "needs"] as const).flatMap((gate) =>
  whens.flatMap((when) =>
    statuses.map((previous) => {
      const runs: readonly string[] = lets[gate][when];
      const done: GateVerdict = runs.includes(previous) ? "run" : "skip";
      return { gate, when, previous, verdict: isCompleted(previous) ? done : ("wait" as const) };
    }),
  ),
);

describe("gate", () => {
  test.for(rows)("by $gate, when $when after $previous: $verdict", (row) => {
    expect(judgeGate(row.when, row.gate, row.previous)).toBe(row.verdict);
  });
});
