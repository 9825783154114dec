import { setTimeout as sleep } from "node:timers/promises";

/** Asks again until the condition holds or the time is up; says whether it holds. */
export async function waitUntil(
  condition: () => Promise<boolean>,
  patienceMs: number,
): Promise<boolean> {
  for (let waited = 0, pause = 5; ; waited += pause, pause = Math.min(pause * 2, 50)) {
    if (await condition()) {
      return true;
    }
    if (waited >= patienceMs) {
      return false;
    }
    await sleep(pause);
  }
}
