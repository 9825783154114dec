import type { Scenario } from "./scenarios.ts";

const stages = ["build", "test", "deploy"];
const build = { name: "build", stage: "build" };

export const needsScenarios: readonly Scenario[] = [
  {
    name: "empty needs start at once",
    stages,
    jobs: [build, { name: "test", needs: [] }, { name: "deploy", stage: "deploy" }],
    steps: [
      [
        "",
        "pending | build:pending test:pending deploy:created | build:pending test:pending deploy:created",
      ],
      [
        "success test",
        "running | build:pending test:success deploy:created | build:pending test:success deploy:created",
      ],
    ],
  },
  {
    name: "needs overtake a stage",
    stages: ["build", "test"],
    jobs: [
      { ...build, name: "a" },
      { ...build, name: "b" },
      { name: "test-a", needs: ["a"] },
      { name: "test-b", needs: ["b"] },
    ],
    steps: [
      [
        "success a",
        "running | build:running test:pending | a:success b:pending test-a:pending test-b:created",
      ],
    ],
  },
  {
    name: "a failed need skips its dependants, however far",
    stages,
    jobs: [
      build,
      { name: "test", needs: ["build"] },
      { name: "deploy", stage: "deploy", needs: ["test"] },
    ],
    steps: [
      [
        "drop build",
        "failed | build:failed test:skipped deploy:skipped | build:failed test:skipped deploy:skipped",
      ],
    ],
  },
  {
    name: "a job is held up only by its own needs",
    stages,
    jobs: [
      { ...build, name: "a" },
      { ...build, name: "b" },
      { name: "test", needs: ["a"] },
      { name: "deploy", stage: "deploy", needs: ["a", "test"] },
    ],
    steps: [
      [
        "drop b",
        "running | build:running test:created deploy:created | a:pending b:failed test:created deploy:created",
      ],
      [
        "success a",
        "running | build:failed test:pending deploy:created | a:success b:failed test:pending deploy:created",
      ],
      [
        "success test",
        "running | build:failed test:success deploy:pending | a:success b:failed test:success deploy:pending",
      ],
      [
        "success deploy",
        "failed | build:failed test:success deploy:success | a:success b:failed test:success deploy:success",
      ],
    ],
  },
  {
    name: "one skipped need skips even an on_failure job",
    stages,
    jobs: [
      build,
      { name: "test" },
      { name: "deploy", stage: "deploy", needs: ["build", "test"] },
      { name: "rollback", stage: "deploy", needs: ["build", "test"], when: "on_failure" },
    ],
    steps: [
      [
        "drop build",
        "failed | build:failed test:skipped deploy:skipped | build:failed test:skipped deploy:skipped rollback:skipped",
      ],
    ],
  },
  {
    name: "on_failure with needs runs when a need fails",
    stages: ["build", "test"],
    jobs: [build, { name: "rescue", needs: ["build"], when: "on_failure" }],
    steps: [["drop build", "running | build:failed test:pending | build:failed rescue:pending"]],
  },
  {
    name: "on_failure waits until all its needs are done",
    stages: ["build", "test"],
    jobs: [
      { ...build, name: "a" },
      { ...build, name: "b" },
      { name: "rescue", needs: ["a", "b"], when: "on_failure" },
    ],
    steps: [
      ["drop a", "running | build:running test:created | a:failed b:pending rescue:created"],
      ["success b", "running | build:failed test:pending | a:failed b:success rescue:pending"],
    ],
  },
  {
    name: "on_failure with empty needs is skipped",
    stages: ["test"],
    jobs: [{ name: "a" }, { name: "rescue", needs: [], when: "on_failure" }],
    steps: [["", "pending | test:pending | a:pending rescue:skipped"]],
  },
  {
    name: "always with needs runs after a skipped need",
    stages,
    jobs: [
      build,
      { name: "test" },
      { name: "report", stage: "deploy", needs: ["test"], when: "always" },
    ],
    steps: [
      [
        "drop build",
        "running | build:failed test:skipped deploy:pending | build:failed test:skipped report:pending",
      ],
    ],
  },
  {
    name: "a canceled need skips an always job",
    stages: ["build", "test"],
    jobs: [build, { name: "report", needs: ["build"], when: "always" }],
    steps: [
      ["cancel build", "canceled | build:canceled test:skipped | build:canceled report:skipped"],
    ],
  },
  {
    name: "an allowed failure satisfies a need",
    stages: ["build", "test"],
    jobs: [
      { ...build, allowFailure: true },
      { name: "test", needs: ["build"] },
    ],
    steps: [["drop build", "pending | build:success test:pending | build:failed test:pending"]],
  },
  {
    name: "needs order jobs inside one stage, whatever the order in the file",
    stages: ["test"],
    jobs: [{ name: "c", needs: ["b"] }, { name: "b", needs: ["a"] }, { name: "a" }],
    steps: [
      ["", "pending | test:pending | c:created b:created a:pending"],
      ["drop a", "failed | test:failed | c:skipped b:skipped a:failed"],
      ["retry a", "running | test:pending | c:created b:created a:pending"],
      ["success a", "running | test:running | c:created b:pending a:success"],
    ],
  },
  {
    name: "a retry does not revive what another skipped need keeps skipped",
    stages: ["test"],
    jobs: [
      { name: "build" },
      { name: "test1", needs: ["build"] },
      { name: "test2", when: "manual" },
      { name: "deploy", needs: ["test1", "test2"] },
    ],
    steps: [
      ["", "pending | test:pending | build:pending test1:created test2:manual deploy:skipped"],
      [
        "drop build",
        "failed | test:failed | build:failed test1:skipped test2:manual deploy:skipped",
      ],
      [
        "retry build",
        "running | test:pending | build:pending test1:created test2:manual deploy:skipped",
      ],
      [
        "success build",
        "running | test:running | build:success test1:pending test2:manual deploy:skipped",
      ],
    ],
  },
  {
    name: "a need on an optional manual job skips; playing it revives",
    stages: ["test", "deploy"],
    jobs: [
      { name: "test", when: "manual" },
      { name: "deploy", stage: "deploy", needs: ["test"] },
    ],
    steps: [
      ["", "skipped | test:skipped deploy:skipped | test:manual deploy:skipped"],
      ["play test", "pending | test:pending deploy:skipped | test:pending deploy:created"],
      ["run test", "running | test:running deploy:skipped | test:running deploy:created"],
      ["drop test", "running | test:success deploy:pending | test:failed deploy:pending"],
      ["success deploy", "success | test:success deploy:success | test:failed deploy:success"],
    ],
  },
  {
    name: "a need on a blocking manual job waits",
    stages: ["test", "deploy"],
    jobs: [
      { name: "test", when: "manual", allowFailure: false },
      { name: "deploy", stage: "deploy", needs: ["test"], when: "always" },
    ],
    steps: [
      ["", "manual | test:manual deploy:created | test:manual deploy:created"],
      ["play test", "pending | test:pending deploy:created | test:pending deploy:created"],
      ["drop test", "running | test:failed deploy:pending | test:failed deploy:pending"],
    ],
  },
  {
    name: "playing revives dependants of dependants up to the next manual job",
    stages: ["test"],
    jobs: [
      { name: "job1", when: "manual" },
      { name: "job2", needs: ["job1"] },
      { name: "job3", when: "manual", needs: ["job2"] },
      { name: "job4", needs: ["job3"] },
    ],
    steps: [
      ["", "skipped | test:skipped | job1:manual job2:skipped job3:skipped job4:skipped"],
      ["play job1", "pending | test:pending | job1:pending job2:created job3:created job4:created"],
      [
        "success job1",
        "running | test:running | job1:success job2:pending job3:created job4:created",
      ],
      [
        "success job2",
        "success | test:success | job1:success job2:success job3:manual job4:skipped",
      ],
    ],
  },
  {
    name: "playing revives only the dependants of what was played",
    stages: ["first", "second", "third"],
    jobs: [
      { name: "a", stage: "first", when: "manual" },
      { name: "b", stage: "second", when: "manual" },
      { name: "c", stage: "third", needs: ["b"] },
      { name: "d", stage: "third", needs: ["a"] },
    ],
    steps: [
      [
        "",
        "skipped | first:skipped second:skipped third:skipped | a:manual b:manual c:skipped d:skipped",
      ],
      [
        "play b",
        "pending | first:skipped second:pending third:pending | a:manual b:pending c:created d:skipped",
      ],
    ],
  },
];
