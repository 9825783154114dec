import { type Message, messageGroup, type Queue } from "./queue.ts";

export type InProcessQueueOptions = {
  readonly handle: (message: Message) => Promise<void>;
  /** Groups that are handled side by side. */
  readonly concurrency: number;
  /** Called when a message failed in its last attempt. The sweep will find its subject again. */
  readonly failed: (message: Message, error: unknown) => void;
  /** Tries in all. */
  readonly attempts?: number;
  /** Pause before the second try; doubles with each further one, up to 5 seconds. */
  readonly firstPauseMilliseconds?: number;
};

export type InProcessQueue = Queue & {
  /** Resolves when nothing waits, is handled or is to be tried again; delayed messages do not count. */
  readonly drain: () => Promise<void>;
  /** Takes nothing more, drops what waits, and resolves when the running handlers are done. */
  readonly close: () => Promise<void>;
};

type Group = { readonly waiting: Message[]; running: boolean };

type Delayed = { readonly key: string; readonly dueAt: number; readonly timer: NodeJS.Timeout };

const longestPauseMilliseconds = 5_000;

/** Two looks at one thing that fall due this close together are one. */
const sameTimeMilliseconds = 250;

/** The most that a timer takes; a longer delay comes early, and the look finds nothing due yet. */
const longestTimerMilliseconds = 2 ** 31 - 1;

/**
 * A queue in memory: what it holds is lost with the process, and found again from the state at the next
 * start. A message that waits already is not taken a second time.
 */
export function inProcessQueue(options: InProcessQueueOptions): InProcessQueue {
  const { attempts = 5, firstPauseMilliseconds = 100 } = options;
  const groups = new Map<string, Group>();
  const delayed = new Set<Delayed>();
  const pauses = new Set<() => void>();
  const idleCallbacks: (() => void)[] = [];
  let running = 0;
  let closed = false;

  function enqueue(message: Message): void {
    const name = messageGroup(message);
    const group = groups.get(name) ?? { waiting: [], running: false };
    groups.set(name, group);
    const key = JSON.stringify(message);
    if (group.waiting.some((waiting) => JSON.stringify(waiting) === key)) return;
    group.waiting.push(message);
    startReady();
  }

  function startReady(): void {
    for (const [name, group] of groups) {
      if (running >= options.concurrency) return;
      if (group.running) continue;
      const message = group.waiting.shift();
      if (message === undefined) continue;
      group.running = true;
      running++;
      // The handler starts later, because the sender has not finished its own work yet.
      setImmediate(() => void run(name, group, message));
    }
  }

  async function run(name: string, group: Group, message: Message): Promise<void> {
    await handleWithRetries(message);
    running--;
    group.running = false;
    // The group goes to the end of the queue, so that one busy group does not delay the others.
    groups.delete(name);
    if (group.waiting.length > 0) groups.set(name, group);
    startReady();
    if (running === 0) for (const callback of idleCallbacks.splice(0)) callback();
  }

  async function handleWithRetries(message: Message): Promise<void> {
    for (let attempt = 1; !closed; attempt++) {
      try {
        return await options.handle(message);
      } catch (error) {
        if (attempt >= attempts) return options.failed(message, error);
      }
      await pause(Math.min(firstPauseMilliseconds * 2 ** (attempt - 1), longestPauseMilliseconds));
    }
  }

  /** Ends early when the queue is closed. */
  function pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        pauses.delete(end);
        resolve();
      };
      const timer = setTimeout(end, milliseconds);
      pauses.add(end);
    });
  }

  function enqueueLater(message: Message, milliseconds: number): void {
    const key = JSON.stringify(message);
    const dueAt = Date.now() + milliseconds;
    for (const other of delayed) {
      if (other.key !== key) continue;
      if (other.dueAt >= dueAt && other.dueAt <= dueAt + sameTimeMilliseconds) return;
    }
    const timer = setTimeout(
      () => {
        delayed.delete(entry);
        enqueue(message);
      },
      Math.min(milliseconds, longestTimerMilliseconds),
    );
    const entry: Delayed = { key, dueAt, timer };
    delayed.add(entry);
  }

  function idle(): Promise<void> {
    if (running === 0) return Promise.resolve();
    return new Promise((resolve) => idleCallbacks.push(resolve));
  }

  return {
    send: async (message, { delaySeconds = 0 } = {}) => {
      if (closed) return;
      if (delaySeconds > 0) enqueueLater(message, delaySeconds * 1000);
      else enqueue(message);
    },

    drain: idle,

    close: async () => {
      closed = true;
      for (const entry of delayed) clearTimeout(entry.timer);
      delayed.clear();
      for (const group of groups.values()) group.waiting.length = 0;
      for (const end of [...pauses]) end();
      await idle();
    },
  };
}
