import { startService } from "./start-service.ts";
import { stopIdleEnvironments } from "./stop-idle-environments.ts";

export type UpSettings = {
  readonly data: string;
  readonly config: string;
  readonly port?: number;
};

export type ServiceWatcher = {
  readonly up: (service: {
    readonly pid: number;
    readonly url: string;
    readonly registry: string;
  }) => void;
  readonly say: (line: string) => void;
};

/** Runs the service until it is told to stop (SIGINT, SIGTERM); what runs in environments goes on meanwhile. */
export async function runService(settings: UpSettings, watcher: ServiceWatcher): Promise<void> {
  const { service, stop } = await startService(settings);
  const { deps } = service;
  const { url, registry } = deps.server;
  watcher.up({ pid: process.pid, url, registry });
  await toldToStop();
  await stop(async () => {
    const busy = await stopIdleEnvironments(deps);
    if (busy > 0) {
      watcher.say(`${busy} environments go on with their jobs; the next start finds them again.`);
    }
  });
}

async function toldToStop(): Promise<void> {
  await new Promise<void>((resolve) => {
    process.once("SIGINT", () => resolve());
    process.once("SIGTERM", () => resolve());
  });
}
