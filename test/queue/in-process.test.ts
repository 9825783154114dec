import { describe, expect, onTestFinished, test, vi } from "vitest";
import { inProcessQueue } from "#queue/in-process.ts";
import type { Message } from "#queue/queue.ts";
import { defineQueueContract, delivery, look } from "./contract.ts";

function start(
  handle: (message: Message) => Promise<void>,
  options: { readonly concurrency?: number } = {},
) {
  const failures: [Message, unknown][] = [];
  const queue = inProcessQueue({
    handle,
    concurrency: options.concurrency ?? 4,
    attempts: 3,
    firstPauseMilliseconds: 1,
    failed: (message, error) => failures.push([message, error]),
  });
  onTestFinished(queue.close);
  return { queue, failures, drain: queue.drain };
}

defineQueueContract({ create: async (handle) => start(handle) });

describe("the queue in the process", () => {
  test("gives a message up after its last attempt and says so, and goes on with the next", async () => {
    const problem = new Error("never");
    const handled: Message[] = [];
    const { queue, failures } = start(async (message) => {
      handled.push(message);
      if (message.type === "delivery" && message.deliveryId === "bad") throw problem;
    });
    await queue.send(delivery("demo/app", "bad"));
    await queue.send(delivery("demo/app", "good"));
    await queue.drain();
    expect(failures).toEqual([[delivery("demo/app", "bad"), problem]]);
    expect(handled).toHaveLength(4);
    expect(handled[3]).toEqual(delivery("demo/app", "good"));
  });

  test("takes a look that waits already only once", async () => {
    let looks = 0;
    const { queue } = start(async () => {
      looks++;
      if (looks === 1) for (let i = 0; i < 10; i++) await queue.send(look(1));
    });
    await queue.send(look(1));
    await queue.drain();
    expect(looks).toBe(2);
  });

  test("never handles more groups at once than it may, and all in the end", async () => {
    let atWork = 0;
    let most = 0;
    const seen = new Set<number>();
    const { queue } = start(
      async (message) => {
        most = Math.max(most, ++atWork);
        await new Promise((resolve) => setTimeout(resolve, 1));
        if (message.type === "pipeline") seen.add(message.pipelineId);
        atWork--;
      },
      { concurrency: 3 },
    );
    for (let id = 1; id <= 10; id++) await queue.send(look(id));
    await queue.drain();
    expect(most).toBe(3);
    expect(seen.size).toBe(10);
  });

  test("keeps a delayed message back, and two delayed looks for one time are one", async () => {
    vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const handled: Message[] = [];
    const { queue } = start(async (message) => void handled.push(message));
    await queue.send(look(1), { delaySeconds: 0.05 });
    await queue.send(look(1), { delaySeconds: 0.05 });
    await queue.send(look(2));
    await queue.drain();
    expect(handled).toEqual([look(2)]);
    await vi.advanceTimersByTimeAsync(49);
    expect(handled).toEqual([look(2)]);
    await vi.advanceTimersByTimeAsync(1);
    await queue.drain();
    expect(handled).toEqual([look(2), look(1)]);
    await vi.advanceTimersByTimeAsync(1_000);
    await queue.drain();
    expect(handled).toHaveLength(2);
  });

  test("closing waits for the running handler and drops the rest", async () => {
    const handled: Message[] = [];
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { queue } = start(async (message) => {
      await held;
      handled.push(message);
    });
    await queue.send(delivery("p", "a"));
    await queue.send(delivery("p", "b"));
    await queue.send(look(1), { delaySeconds: 0.01 });
    await new Promise((resolve) => setImmediate(resolve));
    const closing = queue.close();
    release();
    await closing;
    await queue.send(look(2));
    await queue.drain();
    expect(handled).toEqual([delivery("p", "a")]);
  });

  test("closing does not wait for a retry", async () => {
    let attempts = 0;
    const queue = inProcessQueue({
      handle: async () => {
        attempts++;
        throw new Error("down");
      },
      concurrency: 1,
      firstPauseMilliseconds: 60_000,
      failed: () => {},
    });
    await queue.send(look(1));
    await expect.poll(() => attempts).toBe(1);
    await queue.close();
    expect(attempts).toBe(1);
  });
});
