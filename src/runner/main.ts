import { HELPER_ARGUMENT, SHARED_DIRECTORIES } from "./executor/docker/helper/helper-container.ts";
import { runRunner } from "./runner.ts";
import { readSettings, SettingsError } from "./settings.ts";
import { serveWorkspace } from "./workspace/serve-workspace.ts";

/** Exit codes: 0 nothing (more) to do, 1 the service or the environment is broken, 2 wrong settings. */
async function main(): Promise<number> {
  try {
    if (process.argv[2] === HELPER_ARGUMENT) {
      // Containers run as any user and share the checkout, so files are made writable for all, as GitLab does.
      process.umask(0);
      await serveWorkspace(process.stdin, process.stdout, SHARED_DIRECTORIES);
      return 0;
    }
    const settings = readSettings(process.env, process.argv[1] ?? "");
    // Children inherit the environment and must not have the runner's own settings. /proc/PID/environ of the
    // runner itself goes on to show what it was started with.
    for (const name of Object.keys(process.env)) {
      if (name.startsWith("SLIPWAY_")) delete process.env[name];
    }
    const shutdown = new AbortController();
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
      process.on(signal, () => shutdown.abort(new Error(`The runner got ${signal}.`)));
    }
    await runRunner(settings, shutdown.signal);
    return 0;
  } catch (error) {
    process.stderr.write(`slipway-runner: ${error instanceof Error ? error.message : error}\n`);
    return error instanceof SettingsError ? 2 : 1;
  }
}

process.exit(await main());
