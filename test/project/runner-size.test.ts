import { describe, expect, test } from "vitest";
import { parseSettings, settingsOf } from "#project/parse-settings.ts";
import { parseMemory, type RunnerSizes, sizeOf, tagsWithoutSize } from "#project/runner-size.ts";

const gigabyte = 1024 ** 3;
const sizes: RunnerSizes = {
  small: { compute: "small" },
  large: { compute: "large", memoryBytes: 8 * gigabyte },
  roomy: { memoryBytes: 12 * gigabyte },
  docker: {},
};

describe("the size of an environment", () => {
  test.for([
    ["no tags", [], {}],
    ["a tag that nothing is said about", ["linux"], {}],
    ["a tag that is known and asks for nothing", ["docker"], {}],
    ["one size", ["small"], { compute: "small" }],
    [
      "one size beside other tags",
      ["linux", "large"],
      { compute: "large", memoryBytes: 8 * gigabyte },
    ],
    [
      "several sizes: the largest of each measure",
      ["small", "large", "roomy"],
      { compute: "large", memoryBytes: 12 * gigabyte },
    ],
    [
      "memory alone: the smallest machine that has it",
      ["roomy"],
      { compute: "large", memoryBytes: 12 * gigabyte },
    ],
    ["a tag with an object's own name", ["constructor"], {}],
  ] as const)("by %s", ([, tags, expected]) => {
    expect(sizeOf(tags, sizes)).toEqual(expected);
  });

  test("is nobody's without a mapping", () => {
    expect(sizeOf(["large"])).toEqual({});
  });
});

test("tags without a size are listed once each", () => {
  expect(tagsWithoutSize(["linux", "docker", "linux", "large"], sizes)).toEqual(["linux"]);
});

test.for([
  ["512m", 512 * 1024 ** 2],
  ["8g", 8 * gigabyte],
  ["1.5 GiB", 1.5 * gigabyte],
  ["2GB", 2 * gigabyte],
  ["255m", undefined],
  ["8", undefined],
  ["8t", undefined],
  ["much", undefined],
  ["", undefined],
] as const)("the size %s is %s bytes", ([text, bytes]) => {
  expect(parseMemory(text)).toBe(bytes);
});

describe("runner_tags of slipway.yaml", () => {
  test("of a project add to those of the defaults and win over them", () => {
    const parsed = parseSettings(`
defaults:
  runner_tags: { large: { compute: large }, docker: }
projects:
  group/app:
    runner_tags: { large: { compute: xlarge, memory: 8g }, tiny: { memory: 512m } }
`);
    const settings = "settings" in parsed ? parsed.settings : undefined;
    if (settings === undefined) throw new Error("The settings are wrong.");
    expect(settingsOf(settings, "group/other").runnerSizes).toEqual({
      large: { compute: "large" },
      docker: {},
    });
    expect(settingsOf(settings, "Group/App").runnerSizes).toEqual({
      large: { compute: "xlarge", memoryBytes: 8 * gigabyte },
      docker: {},
      tiny: { memoryBytes: 512 * 1024 ** 2 },
    });
  });

  test.for([
    ["a size that is none", "large: { memory: much }", "must be a size"],
    ["too little memory", "large: { memory: 100m }", "must be a size"],
    ["a machine that is none", "large: { compute: huge }", "large"],
    ["a misspelt key", "large: { cpu: 4 }", "unknown key `cpu`"],
  ] as const)("refuse %s, with its line", ([, tag, message]) => {
    const parsed = parseSettings(`defaults:\n  runner_tags:\n    ${tag}\n`);
    const [problem] = "problems" in parsed ? parsed.problems : [];
    expect(problem?.line).toBe(3);
    expect(`${problem?.path} ${problem?.message}`).toContain(message);
  });
});
