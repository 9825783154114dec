import type { Duplex } from "node:stream";
import type Docker from "dockerode";
import { engineMessage } from "#engine/error.ts";
import { JobFailure } from "../../job-failure.ts";
import { engineFailure, ignoreMissing } from "../engine-client.ts";
import type { ScriptRun } from "../executor.ts";
import { shellScript, terminateAllCommand } from "../shell-script.ts";
import { ATTACHED, attach } from "./attach.ts";
import { demultiplex } from "./demultiplex.ts";
import { createExitMarker } from "./exit-marker.ts";

/** A container whose first process is a shell that waits for a script; started anew for each script. */
export type JobContainer = {
  readonly id: string;
  /** Starts it ahead of its first script, so that the start costs no time of its own. */
  readonly startEarly: () => Promise<void>;
  readonly run: (script: ScriptRun) => Promise<number>;
  /** Kills what runs in it and waits for that; removal itself goes on in the background. */
  readonly close: () => Promise<{ readonly removed: Promise<void> }>;
};

const KILLED = 137;
/** An entrypoint may outlive the shell it started; its container is not waited for longer than this. */
const DOWN_MILLISECONDS = 5_000;

export async function createJobContainer(
  engine: Docker,
  dockerHost: string,
  settings: Docker.ContainerCreateOptions,
): Promise<JobContainer> {
  const image = settings.Image ?? "";
  const failure = (error: unknown, doing: string) => engineFailure(error, doing, dockerHost);
  const container = await engine.createContainer({
    ...settings,
    ...ATTACHED,
  });
  let waiting: Duplex | undefined;
  let ended: Promise<{ StatusCode: number }> | undefined;

  async function start(): Promise<Duplex> {
    const stream = await attach(container).catch((error: unknown) => {
      throw failure(error, "Attaching to the job's container");
    });
    try {
      await container.start();
    } catch (error) {
      stream.destroy();
      throw startFailure(error, image) ?? failure(error, "Starting the job's container");
    }
    return stream;
  }

  async function stopGently(graceMilliseconds: number): Promise<NodeJS.Timeout> {
    const kill = () => void ignoreMissing(container.kill({ signal: "SIGKILL" }));
    const timer = setTimeout(kill, graceMilliseconds);
    try {
      const exec = await container.exec({ Cmd: [...terminateAllCommand] });
      await exec.start({ Detach: true });
    } catch {
      // Gone already, or without a `sh` any more: the kill comes in any case.
    }
    return timer;
  }

  async function run(script: ScriptRun): Promise<number> {
    // A script before this one has told its exit code, but its container may still be going down.
    await untilDown();
    const stream = waiting ?? (await start());
    waiting = undefined;
    let killTimer: Promise<NodeJS.Timeout> | undefined;
    const onStop = () => {
      killTimer ??= stopGently(script.graceMilliseconds);
    };
    script.stop.addEventListener("abort", onStop, { once: true });
    if (script.stop.aborted) onStop();
    const marker = createExitMarker();
    try {
      stream.end(shellScript(script.script, marker.text));
      for await (const bytes of demultiplex(stream)) {
        script.log.output(marker.write(bytes));
        if (marker.exitCode() !== undefined) break;
      }
      script.log.output(marker.flush());
      ended = container.wait();
      const exitCode = marker.exitCode() ?? (await ended).StatusCode;
      ended.catch(() => undefined);
      if (exitCode === KILLED) await warnWhenOutOfMemory(script);
      return exitCode;
    } catch (error) {
      throw failure(error, "Watching the job's container");
    } finally {
      script.stop.removeEventListener("abort", onStop);
      clearTimeout(await killTimer);
    }
  }

  async function untilDown(): Promise<void> {
    if (ended === undefined) return;
    const kill = () => void ignoreMissing(container.kill({ signal: "SIGKILL" }));
    const timer = setTimeout(kill, DOWN_MILLISECONDS);
    await ignoreMissing(ended);
    clearTimeout(timer);
  }

  async function warnWhenOutOfMemory(script: ScriptRun): Promise<void> {
    const { State } = await container.inspect();
    if (State.OOMKilled) script.log.warning("A process of the job was killed: no memory was left.");
  }

  return {
    id: container.id,
    startEarly: async () => {
      waiting = await start();
    },
    run,
    close: async () => {
      waiting?.destroy();
      if (ended === undefined) await ignoreMissing(container.kill({ signal: "SIGKILL" }));
      return { removed: ignoreMissing(container.remove({ force: true, v: true })) };
    },
  };
}

/** The container could not even run its first process: the image's or the job's fault, as `docker run` tells it. */
function startFailure(error: unknown, image: string): JobFailure | undefined {
  const message = engineMessage(error);
  if (
    !/executable file not found|no such file or directory|permission denied.{0,200}exec/i.test(
      message,
    )
  ) {
    return undefined;
  }
  return new JobFailure(
    "script_failure",
    `The image ${image} cannot run a script: it needs a shell (\`sh\`) and an entrypoint that passes commands on; \`entrypoint: [""]\` clears it. The engine says: ${message}`,
    { exitCode: 127, cause: error },
  );
}
