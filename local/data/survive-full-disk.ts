import type { Log } from "#service/deps.ts";
import { keepReserve, releaseReserve } from "./disk-reserve.ts";
import { isStorageFailure } from "./embedded-dynamodb.ts";

/**
 * A disk that a job filled makes the store throw outside of any request. Then the room set aside is given
 * up and the store opened anew, so that the job's end can be written down and what it took is freed.
 * Everything else that nobody caught is a bug: it is logged and ends the process, as it would anyway.
 */
export function surviveFullDisk(
  directory: string,
  reopenStore: () => Promise<void>,
  log: Log,
): { readonly keepReserve: () => Promise<void> } {
  let recovering = false;
  const recover = async (): Promise<void> => {
    const released = await releaseReserve(directory);
    log("error", "the disk of the data directory is full; slipway doctor says how full", {
      directory,
      released,
    });
    await reopenStore();
  };
  process.on("uncaughtException", (error) => {
    if (!isStorageFailure(error)) {
      log("error", "the service ends: this is a bug", { cause: error.stack ?? String(error) });
      process.exit(1);
    }
    if (recovering) return;
    recovering = true;
    recover().then(
      () => {
        recovering = false;
      },
      (cause) => {
        log("error", "the store cannot be opened again", { cause: String(cause) });
        process.exit(1);
      },
    );
  });
  return { keepReserve: () => keepReserve(directory) };
}
