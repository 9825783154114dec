import { mkdir } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { callerIdentity } from "./aws/caller-identity.ts";
import { closeOwnMachine } from "./aws/close-metadata.ts";
import { dockerExecutor } from "./executor/docker/docker-executor.ts";
import { openEngine } from "./executor/engine-client.ts";
import type { Executor } from "./executor/executor.ts";
import { shellExecutor } from "./executor/shell/shell-executor.ts";
import { runJob } from "./job/job.ts";
import { ecrTokens } from "./registry/ecr-token.ts";
import { runnerClient } from "./service-client/client.ts";
import { takeJobs } from "./service-client/take-jobs.ts";
import type { Settings } from "./settings.ts";
import { RUNNER_VERSION } from "./version.ts";
import { localWorkspace } from "./workspace/local-workspace.ts";

const PATIENCE_MILLISECONDS = 10 * 60 * 1_000;

/**
 * The life of a runner: ticket, jobs, leaving. Resolves when it may end with exit code 0; rejects when the
 * service stays away. Everything it made is removed in both cases.
 */
export async function runRunner(settings: Settings, shutdown: AbortSignal): Promise<void> {
  const client = runnerClient({
    url: settings.url,
    executor: settings.executor,
    systemId: `s_${settings.environmentId}_${hostname()}`,
    version: RUNNER_VERSION,
    patienceMilliseconds: PATIENCE_MILLISECONDS,
  });
  const [exchange, executor] = await Promise.all([
    callerIdentity(process.env, settings.environmentId, shutdown).then((caller) =>
      client.exchangeTicket(settings.ticket, caller),
    ),
    openExecutor(settings),
    closeOwnMachine(settings, (sentence) => process.stderr.write(`slipway-runner: ${sentence}\n`)),
    mkdir(join(settings.directory, "tmp"), { recursive: true, mode: 0o700 }),
  ]);
  // A ticket that is worth nothing means that another environment has the work: nothing is wrong.
  if (exchange === undefined) return;
  const leftovers = executor.removeLeftovers();
  const tokens = ecrTokens(process.env, Date.now);
  try {
    await takeJobs({
      client,
      token: exchange.token,
      capacity: settings.capacity,
      idleMilliseconds: exchange.idle_timeout * 1_000,
      shutdown,
      run: async (job, slot) => {
        await leftovers;
        await runJob({ client, executor, settings, tokens, shutdown, now: Date.now }, job, slot);
      },
    });
  } finally {
    await leftovers;
    await executor.close();
  }
}

async function openExecutor(settings: Settings): Promise<Executor> {
  const engine = await openEngine(settings.dockerHost);
  return settings.executor === "shell"
    ? shellExecutor(engine, settings, localWorkspace)
    : dockerExecutor(engine, settings);
}
