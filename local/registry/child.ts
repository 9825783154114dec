import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

export type RegistryChild = {
  /** Its port once it answers; undefined when it does not within the time. */
  readonly ready: (milliseconds: number) => Promise<number | undefined>;
  readonly isUp: () => boolean;
  /** Why it last ended, if it did. */
  readonly problem: () => string | undefined;
  readonly stop: () => Promise<void>;
};

const firstPauseMilliseconds = 100;
const longestPauseMilliseconds = 10_000;
/** Having run this long, it starts again at once the next time it dies. */
const steadyMilliseconds = 60_000;
const startMilliseconds = 15_000;

/**
 * Keeps one registry process running: started again whenever it ends, each time on a free port of the
 * loopback address, after a pause that grows while it keeps dying.
 */
export function keepRegistry(options: {
  /** The program and its arguments for this port. */
  readonly prepare: (port: number) => Promise<readonly [string, ...string[]]>;
  /** File descriptor of its log. */
  readonly log: number;
  readonly started: (pid: number) => Promise<void>;
  readonly say: (line: string) => void;
}): RegistryChild {
  let port: number | undefined;
  let child: ChildProcess | undefined;
  let problem: string | undefined;
  let stopping = false;
  const waiting = new Set<(port: number) => void>();

  const running = (async () => {
    let pause = firstPauseMilliseconds;
    while (!stopping) {
      const startedAt = Date.now();
      problem = await runOnce().catch(String);
      port = undefined;
      child = undefined;
      if (stopping) return;
      if (Date.now() - startedAt > steadyMilliseconds) pause = firstPauseMilliseconds;
      options.say(`the registry ended (${problem}); it starts again in ${pause} ms`);
      await sleep(pause);
      pause = Math.min(pause * 2, longestPauseMilliseconds);
    }
  })();

  /** Resolves with the reason when the process is gone. */
  async function runOnce(): Promise<string> {
    const free = await freePort();
    const [program, ...args] = await options.prepare(free);
    if (stopping) return "stopped";
    const started = spawn(program, args, {
      stdio: ["ignore", options.log, options.log],
      // Its settings can be overridden by variables (REGISTRY_…), so it gets none of ours.
      env: { PATH: process.env.PATH, HOME: process.env.HOME },
    });
    child = started;
    const ended = new Promise<string>((resolve) => {
      started.once("error", (error) => resolve(error.message));
      started.once("exit", (code, signal) => resolve(signal ?? `exit code ${code}`));
    });
    if (started.pid !== undefined) await options.started(started.pid);
    const answers = await Promise.race([answersAt(free, startMilliseconds), ended]);
    if (answers === true) {
      port = free;
      problem = undefined;
      for (const resolve of waiting) resolve(free);
      waiting.clear();
    } else if (answers === false) {
      started.kill("SIGKILL");
    }
    return ended;
  }

  return {
    isUp: () => port !== undefined,
    problem: () => problem,

    ready: (milliseconds) => {
      if (port !== undefined) return Promise.resolve(port);
      return new Promise((resolve) => {
        const found = (now: number) => {
          clearTimeout(timer);
          resolve(now);
        };
        const timer = setTimeout(() => {
          waiting.delete(found);
          resolve(undefined);
        }, milliseconds);
        waiting.add(found);
      });
    },

    stop: async () => {
      stopping = true;
      child?.kill("SIGTERM");
      const killer = setTimeout(() => child?.kill("SIGKILL"), 3_000);
      if (child !== undefined) await running;
      clearTimeout(killer);
    },
  };
}

/** False when nothing answered in time. */
async function answersAt(port: number, milliseconds: number): Promise<boolean> {
  const until = Date.now() + milliseconds;
  while (Date.now() < until) {
    const signal = AbortSignal.timeout(1_000);
    const response = await fetch(`http://127.0.0.1:${port}/v2/`, { signal }).catch(() => undefined);
    if (response !== undefined) {
      await response.body?.cancel();
      return true;
    }
    await sleep(20);
  }
  return false;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port was given");
  return address.port;
}
