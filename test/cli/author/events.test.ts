import { describe, expect, test } from "vitest";
import { checkEvents, parseEvents } from "../../../cli/author/events.ts";

describe("parseEvents", () => {
  test("reads events with and without jobs", () => {
    const text = '[{"event": "drop", "jobs": ["a", "b"]}, {"event": "cancel"}]';
    expect(parseEvents(text, "events.json")).toEqual([
      { event: "drop", jobs: ["a", "b"] },
      { event: "cancel" },
    ]);
  });

  test.for<[string, RegExp]>([
    ["[", /events\.json is not JSON/],
    ['{"event": "drop"}', /should be a list/],
    ['["drop"]', /event 1 should look like this/],
    ['[{"event": "drop"}, {"event": "explode"}]', /event 2 is "explode", not one of success, drop/],
    ['[{"event": "drop", "job": "a"}]', /unknown key `job`/],
    ['[{"event": "drop", "jobs": "a"}]', /`jobs` of event 1 should be a list/],
    ['[{"event": "drop", "jobs": [1]}]', /`jobs` of event 1 should be a list/],
  ])("refuses %s and says why", ([text, message]) => {
    expect(() => parseEvents(text, "events.json")).toThrow(message);
  });
});

describe("checkEvents", () => {
  test("refuses a job that is not in the pipeline, with the one that was meant", () => {
    const check = () => checkEvents([{ event: "drop", jobs: ["biuld"] }], ["build", "test"]);
    expect(check).toThrow(/no job `biuld` in this pipeline. Did you mean `build`/);
  });

  test("accepts the pipeline's jobs and the whole pipeline", () => {
    const check = () =>
      checkEvents([{ event: "drop", jobs: ["build"] }, { event: "run" }], ["build"]);
    expect(check).not.toThrow();
  });
});
