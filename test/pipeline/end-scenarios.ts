import type { Scenario } from "./scenarios.ts";

const stages = ["build", "test", "deploy"];
const build = { name: "build", stage: "build" };
const test = { name: "test", stage: "test" };
const deploy = { name: "deploy", stage: "deploy" };
const three = [build, test, deploy];

/** Canceling and retrying. */
export const endScenarios: readonly Scenario[] = [
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
    name: "jobs that fail together have all failed before the rest is canceled",
    stages: ["build", "test"],
    jobs: [{ ...build, name: "a" }, { ...build, name: "b" }, { ...build, name: "c" }, test],
    autoCancel: { onJobFailure: "all" },
    steps: [
      [
        "run c",
        "running | build:running test:created | a:pending b:pending c:running test:created",
      ],
      [
        "drop a b",
        "failed | build:failed test:canceled | a:failed b:failed c:canceled test:canceled",
      ],
    ],
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
    name: "a dropped job failed by its script",
    stages: ["build"],
    jobs: [
      { ...build, name: "a", retry: { max: 1, when: ["script_failure"], exitCodes: [] } },
      { ...build, name: "b", retry: { max: 1, when: ["runner_system_failure"], exitCodes: [] } },
    ],
    steps: [["drop a b", "running | build:running | a:pending b:failed"]],
  },
  {
    name: "a person's retry is one of the attempts",
    stages: ["build"],
    jobs: [{ ...build, retry: 1 }],
    steps: [
      ["success build", "success | build:success | build:success"],
      ["retry build", "running | build:pending | build:pending"],
      ["drop build", "failed | build:failed | build:failed"],
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
    name: "a job skipped by hand is judged again when the pipeline is retried",
    stages: ["build", "test"],
    jobs: [build, test],
    steps: [
      ["skip build", "pending | build:skipped test:pending | build:skipped test:pending"],
      ["retry", "pending | build:pending test:pending | build:pending test:pending"],
    ],
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
