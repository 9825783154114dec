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

const stages = ["build", "test", "deploy"];
const build = { name: "build", stage: "build" };
const test = { name: "test", stage: "test" };
const deploy = { name: "deploy", stage: "deploy" };
const three = [build, test, deploy];

export const stageScenarios: readonly Scenario[] = [
  {
    name: "stages follow one another",
    stages,
    jobs: three,
    steps: [
      [
        "",
        "pending | build:pending test:created deploy:created | build:pending test:created deploy:created",
      ],
      [
        "run build",
        "running | build:running test:created deploy:created | build:running test:created deploy:created",
      ],
      [
        "success build",
        "running | build:success test:pending deploy:created | build:success test:pending deploy:created",
      ],
      [
        "success test",
        "running | build:success test:success deploy:pending | build:success test:success deploy:pending",
      ],
      [
        "success deploy",
        "success | build:success test:success deploy:success | build:success test:success deploy:success",
      ],
    ],
  },
  {
    name: "a failure skips all later stages",
    stages,
    jobs: three,
    steps: [
      [
        "drop build",
        "failed | build:failed test:skipped deploy:skipped | build:failed test:skipped deploy:skipped",
      ],
    ],
  },
  {
    name: "a stage waits for its slowest job",
    stages: ["test", "deploy"],
    jobs: [{ name: "a" }, { name: "b" }, deploy],
    steps: [
      ["success a", "running | test:running deploy:created | a:success b:pending deploy:created"],
      ["success b", "running | test:success deploy:pending | a:success b:success deploy:pending"],
    ],
  },
  {
    name: "a failure lets the other jobs of its stage end",
    stages: ["test", "deploy"],
    jobs: [{ name: "a" }, { name: "b" }, deploy],
    steps: [
      ["drop a", "running | test:running deploy:created | a:failed b:pending deploy:created"],
      ["success b", "failed | test:failed deploy:skipped | a:failed b:success deploy:skipped"],
    ],
  },
  {
    name: "an allowed failure is passed over",
    stages,
    jobs: [build, { ...test, allowFailure: true }, deploy],
    steps: [
      [
        "success build",
        "running | build:success test:pending deploy:created | build:success test:pending deploy:created",
      ],
      [
        "drop test",
        "running | build:success test:success deploy:pending | build:success test:failed deploy:pending",
      ],
      [
        "success deploy",
        "success | build:success test:success deploy:success | build:success test:failed deploy:success",
      ],
    ],
  },
  {
    name: "a pipeline of allowed failures alone passes",
    stages: ["test"],
    jobs: [{ name: "a", allowFailure: true }],
    steps: [["drop a", "success | test:success | a:failed"]],
  },
  {
    name: "on_failure runs after a failure",
    stages,
    jobs: [build, { ...test, when: "on_failure" }, deploy],
    steps: [
      [
        "drop build",
        "running | build:failed test:pending deploy:created | build:failed test:pending deploy:created",
      ],
      [
        "success test",
        "failed | build:failed test:success deploy:skipped | build:failed test:success deploy:skipped",
      ],
    ],
  },
  {
    name: "on_failure is skipped after success",
    stages,
    jobs: [build, { ...test, when: "on_failure" }, deploy],
    steps: [
      [
        "success build",
        "running | build:success test:skipped deploy:pending | build:success test:skipped deploy:pending",
      ],
    ],
  },
  {
    name: "on_failure in the first stage never runs",
    stages: ["test"],
    jobs: [{ name: "a" }, { name: "b", when: "on_failure" }],
    steps: [["", "pending | test:pending | a:pending b:skipped"]],
  },
  {
    name: "an allowed failure does not call on_failure",
    stages: ["build", "test"],
    jobs: [
      { ...build, allowFailure: true },
      { ...test, when: "on_failure" },
    ],
    steps: [["drop build", "success | build:success test:skipped | build:failed test:skipped"]],
  },
  {
    name: "always runs after a failure",
    stages,
    jobs: [build, test, { ...deploy, when: "always" }],
    steps: [
      [
        "drop build",
        "running | build:failed test:skipped deploy:pending | build:failed test:skipped deploy:pending",
      ],
      [
        "success deploy",
        "failed | build:failed test:skipped deploy:success | build:failed test:skipped deploy:success",
      ],
    ],
  },
  {
    name: "always waits for the stages before it",
    stages,
    jobs: [build, test, { ...deploy, when: "always" }],
    steps: [
      [
        "success build",
        "running | build:success test:pending deploy:created | build:success test:pending deploy:created",
      ],
    ],
  },
  {
    name: "a canceled job skips everything after it, even always",
    stages,
    jobs: [build, { ...test, when: "on_failure" }, { ...deploy, when: "always" }],
    steps: [
      [
        "cancel build",
        "canceled | build:canceled test:skipped deploy:skipped | build:canceled test:skipped deploy:skipped",
      ],
    ],
  },
  {
    name: "a canceled job that is allowed to fail is passed over",
    stages: ["build", "test"],
    jobs: [{ ...build, allowFailure: true }, test, { name: "rescue", when: "on_failure" }],
    steps: [
      [
        "cancel build",
        "pending | build:success test:pending | build:canceled test:pending rescue:skipped",
      ],
    ],
  },
  {
    name: "canceling the pipeline cancels all that has not ended",
    stages,
    jobs: three,
    steps: [
      [
        "success build",
        "running | build:success test:pending deploy:created | build:success test:pending deploy:created",
      ],
      [
        "run test",
        "running | build:success test:running deploy:created | build:success test:running deploy:created",
      ],
      [
        "cancel",
        "canceled | build:success test:canceled deploy:canceled | build:success test:canceled deploy:canceled",
      ],
    ],
  },
  {
    name: "canceling after a failure leaves the pipeline failed",
    stages: ["test", "deploy"],
    jobs: [{ name: "a" }, { name: "b" }, deploy],
    steps: [
      ["drop a", "running | test:running deploy:created | a:failed b:pending deploy:created"],
      ["cancel", "failed | test:failed deploy:canceled | a:failed b:canceled deploy:canceled"],
    ],
  },
  {
    name: "canceling an ended pipeline changes nothing",
    stages: ["test"],
    jobs: [{ name: "a" }],
    steps: [
      ["success a", "success | test:success | a:success"],
      ["cancel", "success | test:success | a:success"],
    ],
  },
  {
    name: "a job failure cancels the rest when asked to",
    stages: ["build", "test"],
    jobs: [{ ...build, name: "a" }, { ...build, name: "b" }, test],
    autoCancel: { onJobFailure: "all" },
    steps: [["drop b", "failed | build:failed test:canceled | a:canceled b:failed test:canceled"]],
  },
  {
    name: "an allowed failure cancels nothing",
    stages: ["build"],
    jobs: [
      { ...build, name: "a" },
      { ...build, name: "b", allowFailure: true },
    ],
    autoCancel: { onJobFailure: "all" },
    steps: [["drop b", "pending | build:pending | a:pending b:failed"]],
  },
  {
    name: "a failure that is retried cancels nothing yet",
    stages: ["build"],
    jobs: [
      { ...build, name: "a" },
      { ...build, name: "b", retry: 1 },
    ],
    autoCancel: { onJobFailure: "all" },
    steps: [
      ["drop b", "pending | build:pending | a:pending b:pending"],
      ["drop b", "failed | build:failed | a:canceled b:failed"],
    ],
  },
  {
    name: "retry gives as many further attempts",
    stages: ["build", "test"],
    jobs: [{ ...build, retry: 2 }, test],
    steps: [
      ["drop build", "pending | build:pending test:created | build:pending test:created"],
      ["drop build", "pending | build:pending test:created | build:pending test:created"],
      ["drop build", "failed | build:failed test:skipped | build:failed test:skipped"],
    ],
  },
  {
    name: "a retried job that passes lets the pipeline go on",
    stages: ["build", "test"],
    jobs: [{ ...build, retry: 1 }, test],
    steps: [
      ["drop build", "pending | build:pending test:created | build:pending test:created"],
      ["success build", "running | build:success test:pending | build:success test:pending"],
    ],
  },
  {
    name: "retrying a failed job revives what it skipped",
    stages,
    jobs: three,
    steps: [
      [
        "drop build",
        "failed | build:failed test:skipped deploy:skipped | build:failed test:skipped deploy:skipped",
      ],
      // GitLab leaves a stage `skipped` until one of its jobs is more than created.
      [
        "retry build",
        "running | build:pending test:skipped deploy:skipped | build:pending test:created deploy:created",
      ],
      [
        "success build",
        "running | build:success test:pending deploy:skipped | build:success test:pending deploy:created",
      ],
    ],
  },
  {
    name: "retrying the pipeline repeats failed and canceled jobs",
    stages: ["test", "deploy"],
    jobs: [{ name: "a" }, { name: "b" }, { name: "c" }, deploy],
    steps: [
      [
        "success a",
        "running | test:running deploy:created | a:success b:pending c:pending deploy:created",
      ],
      [
        "drop b",
        "running | test:running deploy:created | a:success b:failed c:pending deploy:created",
      ],
      [
        "cancel c",
        "failed | test:failed deploy:skipped | a:success b:failed c:canceled deploy:skipped",
      ],
      [
        "retry",
        "running | test:running deploy:skipped | a:success b:pending c:pending deploy:created",
      ],
    ],
  },
  {
    name: "retrying a job that passed runs it again",
    stages: ["test"],
    jobs: [{ name: "a" }, { name: "b" }],
    steps: [
      ["success a b", "success | test:success | a:success b:success"],
      ["retry a", "running | test:running | a:pending b:success"],
    ],
  },
  {
    name: "retrying a pipeline without failures does nothing",
    stages: ["test"],
    jobs: [{ name: "a" }],
    steps: [
      ["success", "success | test:success | a:success"],
      ["retry", "success | test:success | a:success"],
    ],
  },
  {
    name: "a job skipped by hand is passed over by later stages",
    stages: ["build", "test"],
    jobs: [build, test],
    steps: [["skip build", "pending | build:skipped test:pending | build:skipped test:pending"]],
  },
  {
    name: "events for a whole pipeline happen to the jobs whose turn it is",
    stages,
    jobs: three,
    steps: [
      [
        "success",
        "running | build:success test:pending deploy:created | build:success test:pending deploy:created",
      ],
      [
        "drop",
        "failed | build:success test:failed deploy:skipped | build:success test:failed deploy:skipped",
      ],
    ],
  },
];
