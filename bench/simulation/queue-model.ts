import { type Message, messageGroup, type Queue } from "#queue/queue.ts";
import type { Chance } from "./chance.ts";
import type { Clock } from "./clock.ts";

/** Chances of mishaps, 0 to 1. */
export type QueueFaults = {
  readonly lost: number;
  readonly doubled: number;
  /** Comes seconds later than those that were sent after it. */
  readonly late: number;
};

export type QueueModel = Queue & {
  readonly counts: { sent: number; handled: number; failed: number };
};

/** SQS takes no longer delay. */
const longestDelaySeconds = 900;
/** After a handler threw, until the message comes again; so often in all. */
const visibilityMilliseconds = 30_000;
const attempts = 5;

/** Work of one group is done one at a time, of different groups side by side; delayed work knows no groups. */
export function queueModel(
  clock: Clock,
  chance: Chance,
  faults: QueueFaults,
  handle: (message: Message) => Promise<void>,
): QueueModel {
  const groups = new Map<string, (() => Promise<void>)[]>();
  const counts = { sent: 0, handled: 0, failed: 0 };

  async function run(message: Message, attempt: number, inOrder: boolean): Promise<void> {
    const name = messageGroup(message);
    const busy = inOrder ? groups.get(name) : undefined;
    if (busy !== undefined) {
      busy.push(() => run(message, attempt, inOrder));
      return;
    }
    if (inOrder) groups.set(name, []);
    try {
      counts.handled += 1;
      await handle(message);
    } catch (error) {
      if (attempt < attempts) {
        clock.after(visibilityMilliseconds, () => run(message, attempt + 1, inOrder));
      } else {
        counts.failed += 1;
        console.error(`given up: ${JSON.stringify(message)}: ${String(error)}`);
      }
    }
    if (!inOrder) return;
    const waiting = groups.get(name) ?? [];
    groups.delete(name);
    for (const next of waiting) clock.after(5, next);
  }

  return {
    counts,
    send: async (message, { delaySeconds = 0 } = {}) => {
      const number = counts.sent++;
      const name = `message ${number}`;
      const delay = Math.min(delaySeconds, longestDelaySeconds) * 1000;
      const latency = chance.between(`${name} latency`, 20, 300);
      const late = chance.happens(`${name} late`, faults.late) ? 10_000 : 0;
      const deliver = () => run(message, 1, delaySeconds === 0);
      if (!chance.happens(`${name} lost`, faults.lost))
        clock.after(delay + latency + late, deliver);
      if (chance.happens(`${name} doubled`, faults.doubled)) {
        clock.after(delay + latency + chance.between(`${name} again`, 0, 30_000), deliver);
      }
    },
  };
}
