import { describe, expect, test } from "vitest";
import { type BatchDeps, handleBatch } from "#functions/work/handle-batch.ts";
import type { Message } from "#queue/queue.ts";
import { type GivenRecord, sqsRecord } from "./lambda-events.ts";

const look = (pipelineId: number): Message => ({ type: "pipeline", pipelineId });
const pipeline = (id: string, group: string | undefined, pipelineId: number): GivenRecord => ({
  id,
  body: JSON.stringify(look(pipelineId)),
  ...(group !== undefined && { group }),
});

/** Pipelines above 100 fail. */
async function run(given: readonly GivenRecord[], parts: Partial<BatchDeps> = {}) {
  const handled: number[] = [];
  const back: string[] = [];
  const logged: string[] = [];
  const { batchItemFailures } = await handleBatch(
    {
      handle: async (message) => {
        await new Promise(setImmediate);
        if (message.type === "pipeline") handled.push(message.pipelineId);
        if (message.type === "pipeline" && message.pipelineId > 100) throw new Error("no luck");
      },
      comeBack: async ({ messageId }, seconds) => void back.push(`${messageId} in ${seconds}`),
      remainingMilliseconds: () => 60_000,
      log: (level, message) => logged.push(`${level} ${message}`),
      ...parts,
    },
    given.map(sqsRecord),
  );
  const failed = batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
  return { failed, handled, back, logged };
}

describe("a batch of messages", () => {
  test.for<[string, readonly GivenRecord[], readonly string[], readonly number[]]>([
    ["of one group, all good", [pipeline("a", "g", 1), pipeline("b", "g", 2)], [], [1, 2]],
    [
      "of one group, the first failing",
      [pipeline("a", "g", 101), pipeline("b", "g", 2), pipeline("c", "g", 3)],
      ["a", "b", "c"],
      [101],
    ],
    [
      "of one group, one in the middle failing",
      [pipeline("a", "g", 1), pipeline("b", "g", 102), pipeline("c", "g", 3)],
      ["b", "c"],
      [1, 102],
    ],
    [
      "of two groups, one failing",
      [pipeline("a", "g", 101), pipeline("b", "h", 2), pipeline("c", "g", 3)],
      ["a", "c"],
      [101, 2],
    ],
    [
      "of a standard queue, one failing",
      [pipeline("a", undefined, 101), pipeline("b", undefined, 2)],
      ["a"],
      [101, 2],
    ],
    [
      "with one that is none of ours",
      [{ id: "a", group: "g", body: '{"type":"rm -rf"}' }, pipeline("b", "g", 2)],
      ["a"],
      [2],
    ],
    ["that is no JSON", [{ id: "a", group: "g", body: "<xml/>" }], ["a"], []],
  ])(
    "%s: what failed comes back, in order, and nothing else",
    async ([, given, failed, handled]) => {
      const done = await run(given);
      expect(done.failed).toEqual(failed);
      expect(done.handled).toEqual(handled);
    },
  );

  test("what failed comes back soon, later at each time", async () => {
    const { back } = await run([pipeline("a", "g", 101), pipeline("b", "g", 2)]);
    expect(back).toEqual(["a in 4", "b in 4"]);
  });

  test("whose visibility cannot be changed comes back by its time-out", async () => {
    const { failed, logged } = await run([pipeline("a", "g", 101)], {
      comeBack: () => Promise.reject(new Error("throttled")),
    });
    expect(failed).toEqual(["a"]);
    expect(logged.at(-1)).toMatch(/^warn .*visibility/);
  });

  test("for which no time is left is not begun", async () => {
    let left = 25_000;
    const { failed, handled } = await run(
      [pipeline("a", "g", 1), pipeline("b", "g", 2), pipeline("c", "g", 3)],
      {
        remainingMilliseconds: () => {
          left -= 10_000;
          return left;
        },
      },
    );
    expect([handled, failed]).toEqual([[1], ["b", "c"]]);
  });
});
