import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import * as z from "zod/mini";
import { deferBriefly } from "#functions/http/defer-briefly.ts";
import { loadOnce } from "#functions/load-once.ts";
import { jsonLog, withLogFields } from "#functions/log.ts";
import { readEnv } from "#functions/read-env.ts";
import { serviceEnvSchema } from "#functions/service-env.ts";

const environment = {
  SLIPWAY_URL: "https://slipway.example.com",
  SLIPWAY_TABLE: "slipway",
  SLIPWAY_BUCKET: "slipway",
  SLIPWAY_WORK_QUEUE_URL: "https://sqs.eu-west-1.amazonaws.com/123456789012/work.fifo",
  SLIPWAY_LATER_QUEUE_URL: "https://sqs.eu-west-1.amazonaws.com/123456789012/later",
  SLIPWAY_SECRETS_PREFIX: "slipway/",
  SLIPWAY_CODEBUILD_PROJECT: "slipway",
  SLIPWAY_BUILD_ROLES: "arn:aws:iam::123456789012:role/slipway/builds/",
  SLIPWAY_REGISTRY: "123456789012.dkr.ecr.eu-west-1.amazonaws.com",
  SLIPWAY_VERSION: "0.1.0",
};

describe("a function's environment", () => {
  test("is read as it is", () => {
    expect(readEnv(serviceEnvSchema, { ...environment, PATH: "/bin" })).toEqual(environment);
  });

  test.for([
    ["SLIPWAY_TABLE", undefined],
    ["SLIPWAY_TABLE", ""],
    ["SLIPWAY_URL", "https://slipway.example.com/"],
    ["SLIPWAY_URL", "slipway.example.com"],
    ["SLIPWAY_BUILD_ROLES", "arn:aws:iam::123456789012:role/slipway/builds"],
    ["SLIPWAY_LOG_LEVEL", "verbose"],
  ])("is refused with %s = %s, by name alone", ([name = "", value]) => {
    const wrong = { ...environment, [name]: value };
    expect(() => readEnv(serviceEnvSchema, wrong)).toThrow(new RegExp(`check ${name}\\.`));
  });

  test("names all that is missing", () => {
    const schema = z.object({ A: z.string(), B: z.string() });
    expect(() => readEnv(schema, {})).toThrow("check A, B.");
  });
});

describe("the log", () => {
  const lines: string[] = [];
  const log = jsonLog("warn", (line) => lines.push(line));

  test("is one line of JSON a message, with the ids of what is being done", async () => {
    lines.length = 0;
    await withLogFields({ requestId: "r" }, async () => {
      await Promise.all(
        [1, 2].map((pipeline) =>
          withLogFields({ pipeline }, async () => {
            await sleep(pipeline);
            log("warn", "line\nbreak", { why: "x" });
          }),
        ),
      );
      log("info", "not asked for");
    });
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual(
      [1, 2].map((pipeline) => ({
        time: expect.stringMatching(/^\d{4}-.*Z$/),
        level: "warn",
        message: "line\nbreak",
        requestId: "r",
        pipeline,
        why: "x",
      })),
    );
    expect(lines.every((line) => line.indexOf("\n") === line.length - 1)).toBe(true);
  });

  test("says names from pushes in characters that no terminal acts on", () => {
    lines.length = 0;
    log("error", "refused", { ref: "a\u009b2J\u202eb" });
    expect(lines).toEqual([expect.stringContaining(String.raw`"ref":"a\u009b2J\u202eb"`)]);
  });
});

describe("effects behind an answer", () => {
  test.for<[string, () => Promise<unknown>, readonly string[]]>([
    ["are waited for", async () => sleep(1), []],
    ["that fail are left", () => Promise.reject(new Error("away")), ["Error: away"]],
    ["that take long are left", () => sleep(200), ["they took more than 20 ms"]],
    [
      "that fail late disturb nobody",
      async () => {
        await sleep(25);
        throw new Error("late");
      },
      ["they took more than 20 ms"],
    ],
  ])("%s", async ([, work, expected]) => {
    const causes: unknown[] = [];
    await deferBriefly((_level, _message, fields) => causes.push(fields?.cause), 20)(work);
    expect(causes).toEqual(expected);
    await sleep(10);
  });
});

test("what is loaded once is tried again after a failure", async () => {
  let tries = 0;
  const load = loadOnce(async () => {
    tries += 1;
    if (tries === 1) throw new Error("no memory");
    return tries;
  });
  const first = [load(), load()];
  await expect(first[0]).rejects.toThrow("no memory");
  await expect(first[1]).rejects.toThrow("no memory");
  expect([await load(), await load()]).toEqual([2, 2]);
});
