import type { Log, ServiceDeps } from "#service/deps.ts";

/**
 * Waits for effects, but no longer than whoever asked can: what takes longer, or fails, is left to the next look,
 * and the answer is given all the same.
 */
export function deferBriefly(log: Log, milliseconds: number): ServiceDeps["defer"] {
  return async (work) => {
    const left = (cause: string) => log("warn", "effects were left to the next look", { cause });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        left(`they took more than ${milliseconds} ms`);
        resolve();
      }, milliseconds);
    });
    const done = work().then(
      () => undefined,
      (error: unknown) => left(String(error)),
    );
    await Promise.race([done, late]);
    clearTimeout(timer);
  };
}
