import type { Scenario } from "./scenarios.ts";

const stages = ["build", "test", "deploy"];
const build = { name: "build", stage: "build" };
const deploy = { name: "deploy", stage: "deploy" };

export const manualScenarios: readonly Scenario[] = [
  {
    name: "an optional manual job holds nothing up",
    stages,
    jobs: [build, { name: "test", when: "manual" }, deploy],
    steps: [
      [
        "success build",
        "running | build:success test:skipped deploy:pending | build:success test:manual deploy:pending",
      ],
      [
        "success deploy",
        "success | build:success test:skipped deploy:success | build:success test:manual deploy:success",
      ],
    ],
  },
  {
    name: "a blocking manual job holds the pipeline",
    stages: ["test", "deploy"],
    jobs: [{ name: "test", when: "manual", allowFailure: false }, deploy],
    steps: [
      ["", "manual | test:manual deploy:created | test:manual deploy:created"],
      ["play test", "pending | test:pending deploy:created | test:pending deploy:created"],
      ["success test", "running | test:success deploy:pending | test:success deploy:pending"],
      ["success deploy", "success | test:success deploy:success | test:success deploy:success"],
    ],
  },
  {
    name: "a manual job after a failure is skipped",
    stages: ["build", "deploy"],
    jobs: [build, { ...deploy, when: "manual", allowFailure: false }],
    steps: [["drop build", "failed | build:failed deploy:skipped | build:failed deploy:skipped"]],
  },
  {
    name: "always goes on after an optional manual job",
    stages: ["test", "deploy"],
    jobs: [
      { name: "test", when: "manual" },
      { ...deploy, when: "always" },
    ],
    steps: [["", "pending | test:skipped deploy:pending | test:manual deploy:pending"]],
  },
  {
    name: "a played optional job that fails is a warning",
    stages: ["test"],
    jobs: [{ name: "a" }, { name: "b", when: "manual" }],
    steps: [
      ["success a", "success | test:success | a:success b:manual"],
      ["play b", "running | test:running | a:success b:pending"],
      ["drop b", "success | test:success | a:success b:failed"],
    ],
  },
  {
    name: "playing the pipeline plays what waits, and nothing again",
    stages: ["test"],
    jobs: [
      { name: "a", when: "manual" },
      { name: "b", when: "manual" },
    ],
    steps: [
      ["play a", "pending | test:pending | a:pending b:manual"],
      ["success a", "success | test:success | a:success b:manual"],
      ["play", "running | test:running | a:success b:pending"],
    ],
  },
  {
    name: "retrying one manual job runs it at once",
    stages: ["test"],
    jobs: [{ name: "a" }, { name: "b", when: "manual" }],
    steps: [
      ["success a", "success | test:success | a:success b:manual"],
      ["play b", "running | test:running | a:success b:pending"],
      ["drop b", "success | test:success | a:success b:failed"],
      ["retry b", "running | test:running | a:success b:pending"],
    ],
  },
  {
    name: "retrying the pipeline asks for manual jobs again",
    stages: ["test"],
    jobs: [{ name: "a" }, { name: "b", when: "manual" }],
    steps: [
      ["success a", "success | test:success | a:success b:manual"],
      ["play b", "running | test:running | a:success b:pending"],
      ["drop b", "success | test:success | a:success b:failed"],
      ["retry", "success | test:success | a:success b:manual"],
    ],
  },
  {
    name: "a failed manual job with retry goes on by itself",
    stages: ["test"],
    jobs: [{ name: "a", when: "manual", allowFailure: false, retry: 1 }],
    steps: [
      ["play a", "pending | test:pending | a:pending"],
      ["drop a", "pending | test:pending | a:pending"],
      ["drop a", "failed | test:failed | a:failed"],
    ],
  },
  {
    name: "canceling the pipeline leaves a job that waits for a person, which can be canceled by name",
    stages: ["test", "deploy"],
    jobs: [{ name: "test", when: "manual", allowFailure: false }, deploy],
    steps: [
      ["cancel", "manual | test:manual deploy:canceled | test:manual deploy:canceled"],
      ["cancel test", "canceled | test:canceled deploy:canceled | test:canceled deploy:canceled"],
    ],
  },
  {
    name: "an optional manual job can be played after its pipeline was canceled",
    stages: ["test"],
    jobs: [{ name: "a" }, { name: "b", when: "manual" }],
    steps: [
      ["cancel", "canceled | test:canceled | a:canceled b:manual"],
      ["play b", "running | test:running | a:canceled b:pending"],
      ["success b", "canceled | test:canceled | a:canceled b:success"],
    ],
  },
  {
    name: "playing a manual job that has ended runs it again",
    stages: ["test"],
    jobs: [{ name: "a", when: "manual", allowFailure: false }, { name: "b" }],
    steps: [
      ["play a", "running | test:pending | a:pending b:pending"],
      ["success a b", "success | test:success | a:success b:success"],
      ["play b", "success | test:success | a:success b:success"],
      ["play a", "running | test:running | a:pending b:success"],
      ["cancel a", "canceled | test:canceled | a:canceled b:success"],
      ["play a", "running | test:running | a:pending b:success"],
    ],
  },
  {
    name: "playing a job that is not waiting for it does nothing",
    stages: ["test", "deploy"],
    jobs: [{ name: "test" }, { ...deploy, when: "manual" }],
    steps: [
      ["play deploy", "pending | test:pending deploy:created | test:pending deploy:created"],
      ["success test", "success | test:success deploy:skipped | test:success deploy:manual"],
    ],
  },
  {
    name: "playing revives an on_failure job of a later stage, which is judged again",
    stages: ["test", "deploy", "after"],
    jobs: [
      { name: "test" },
      { name: "release", when: "manual" },
      { ...deploy, needs: ["release"] },
      { name: "rescue", stage: "after", when: "on_failure" },
    ],
    steps: [
      [
        "",
        "pending | test:pending deploy:skipped after:created | test:pending release:manual deploy:skipped rescue:created",
      ],
      [
        "success test",
        "success | test:success deploy:skipped after:skipped | test:success release:manual deploy:skipped rescue:skipped",
      ],
      [
        "play release",
        "running | test:running deploy:skipped after:skipped | test:success release:pending deploy:created rescue:created",
      ],
      [
        "success release",
        "running | test:success deploy:pending after:skipped | test:success release:success deploy:pending rescue:created",
      ],
      [
        "success deploy",
        "success | test:success deploy:success after:skipped | test:success release:success deploy:success rescue:skipped",
      ],
    ],
  },
  {
    name: "a delayed job is scheduled once its turn comes, and played before its time",
    stages,
    jobs: [build, { name: "test", when: "delayed", startInSeconds: 60 }, deploy],
    steps: [
      [
        "",
        "pending | build:pending test:created deploy:created | build:pending test:created deploy:created",
      ],
      [
        "success build",
        "scheduled | build:success test:scheduled deploy:created | build:success test:scheduled deploy:created",
      ],
      [
        "play test",
        "running | build:success test:pending deploy:created | build:success test:pending deploy:created",
      ],
      [
        "success test",
        "running | build:success test:success deploy:pending | build:success test:success deploy:pending",
      ],
    ],
  },
  {
    name: "a delayed job after a failed need is skipped",
    stages,
    jobs: [
      build,
      { name: "test" },
      { ...deploy, when: "delayed", startInSeconds: 5, needs: ["test"] },
    ],
    steps: [
      [
        "drop build",
        "failed | build:failed test:skipped deploy:skipped | build:failed test:skipped deploy:skipped",
      ],
    ],
  },
  {
    name: "canceling cancels a scheduled job",
    stages: ["test"],
    jobs: [{ name: "a", when: "delayed", startInSeconds: 60 }],
    steps: [
      ["", "scheduled | test:scheduled | a:scheduled"],
      ["cancel", "canceled | test:canceled | a:canceled"],
    ],
  },
  {
    name: "jobs of one resource group run one after the other",
    stages: ["test"],
    jobs: [
      { name: "a", resourceGroup: "production" },
      { name: "b", resourceGroup: "production" },
    ],
    steps: [
      ["", "running | test:running | a:pending b:waiting_for_resource"],
      ["success a", "running | test:running | a:success b:pending"],
      ["success b", "success | test:success | a:success b:success"],
    ],
  },
];
