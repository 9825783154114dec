import { describe, expect, test } from "vitest";
import type { Message, Queue } from "#queue/queue.ts";

export const look = (pipelineId: number): Message => ({ type: "pipeline", pipelineId });

export const delivery = (project: string, deliveryId: string): Message => ({
  type: "delivery",
  forge: "local",
  project,
  deliveryId,
});

/** A queue under test, and how to wait until it has nothing to do. */
export type QueueUnderTest = { readonly queue: Queue; readonly drain: () => Promise<void> };

/** What every queue promises; `create` gives an empty one that calls `handle`. */
export function defineQueueContract(options: {
  readonly create: (handle: (message: Message) => Promise<void>) => Promise<QueueUnderTest>;
}): void {
  describe("a queue", () => {
    test("handles the messages of a group one at a time, in order", async () => {
      const seen: string[] = [];
      let atWork = 0;
      const { queue, drain } = await options.create(async (message) => {
        expect(++atWork).toBe(1);
        await new Promise((resolve) => setTimeout(resolve, 2));
        seen.push(message.type === "delivery" ? message.deliveryId : "");
        atWork--;
      });
      for (const id of ["a", "b", "c", "d"]) await queue.send(delivery("demo/app", id));
      await drain();
      expect(seen).toEqual(["a", "b", "c", "d"]);
    });

    test("handles groups side by side", async () => {
      const arrived: Message[] = [];
      let release = () => {};
      const both = new Promise<void>((resolve) => {
        release = resolve;
      });
      const { queue, drain } = await options.create(async (message) => {
        arrived.push(message);
        if (arrived.length === 2) release();
        await both;
      });
      await queue.send(look(1));
      await queue.send(look(2));
      await drain();
      expect(arrived).toEqual([look(1), look(2)]);
    });

    test("hands a message out again when its handler failed", async () => {
      let times = 0;
      const { queue, drain } = await options.create(async () => {
        if (++times < 3) throw new Error("not yet");
      });
      await queue.send(look(1));
      await drain();
      expect(times).toBe(3);
    });

    test("keeps a message that is sent while its group is at work", async () => {
      let times = 0;
      const { queue, drain } = await options.create(async () => {
        if (++times === 1) await queue.send(look(1));
      });
      await queue.send(look(1));
      await drain();
      expect(times).toBe(2);
    });
  });
}
