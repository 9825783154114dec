import type { Scenario } from "./scenarios.ts";

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
];
