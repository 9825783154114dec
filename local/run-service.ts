import { startService } from "./start-service.ts";
import { stopIdleEnvironments } from "./stop-idle-environments.ts";

export type UpSettings = {
  readonly data: string;
  readonly config: string;
  readonly port?: number;
};

/** Runs the service until it is told to stop (SIGINT, SIGTERM); what runs in environments goes on meanwhile. */
export async function runService(settings: UpSettings, say: (line: string) => void): Promise<void> {
  const { service, stop } = await startService(settings);
  const { deps } = service;
  say(`Slipway is up at ${deps.server.url}`);
  say(`  registry  ${deps.server.registry}`);
  say(`  projects  push any repository: slipway init group/project && git push slipway HEAD`);
  await toldToStop();
  await stop(async () => {
    const busy = await stopIdleEnvironments(deps);
    if (busy > 0) {
      say(`${busy} environments go on with their jobs; the next start finds them again.`);
    }
  });
}

async function toldToStop(): Promise<void> {
  await new Promise<void>((resolve) => {
    process.once("SIGINT", () => resolve());
    process.once("SIGTERM", () => resolve());
  });
}
