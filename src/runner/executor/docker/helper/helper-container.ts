import { once } from "node:events";
import type { Duplex } from "node:stream";
import type Docker from "dockerode";
import { ENVIRONMENT_LABEL } from "#engine/labels.ts";
import type { Settings } from "../../../settings.ts";
import { engineFailure, ignoreMissing } from "../../engine-client.ts";
import { ATTACHED, attach } from "../attach.ts";
import { demultiplexNamed } from "../demultiplex.ts";
import { encodeFrame, type Frame, type FrameKind, readFrames } from "./frames.ts";
import { type HelperImage, helperCommand } from "./helper-image.ts";
import { LIMITS } from "./requests.ts";

/** The word by which the runner's program knows that it is a helper. */
export const HELPER_ARGUMENT = "helper";

/** Directories in containers, beside the builds, that every user of a job writes to. */
export const SHARED_DIRECTORIES = ["/cache"];

/** A helper that runs. Nothing that it says can be relied on: code of the job may run in it. */
export type Helper = {
  readonly id: string;
  readonly send: (kind: FrameKind, body?: Buffer | string) => Promise<void>;
  /** Undefined once it has ended. */
  readonly receive: () => Promise<Frame | undefined>;
  /** What it said last on its standard error, for people. */
  readonly lastWords: () => string;
  /** Kills all that runs in it and waits for that; removal goes on in the background. */
  readonly close: () => Promise<{ readonly removed: Promise<void> }>;
};

/**
 * Starts the container in which git, archives and clean-up of a job run. It has less than the job has: its
 * network and its builds, but no engine, no device, no privilege, and of root's capabilities those for files of
 * other users alone. No setuid program gives more, and its own files cannot be changed.
 */
export async function startHelper(
  engine: Docker,
  settings: Settings,
  made: HelperImage,
  surroundings: { readonly network: string; readonly binds: readonly string[] },
): Promise<Helper> {
  const failure = (error: unknown) =>
    engineFailure(error, "Starting the helper for the job's files", settings.dockerHost);
  const { entrypoint, env } = helperCommand(settings, HELPER_ARGUMENT);
  try {
    const container = await engine.createContainer({
      ...ATTACHED,
      Image: made.image,
      Entrypoint: entrypoint,
      Cmd: [],
      User: "0:0",
      WorkingDir: "/",
      Env: env,
      Labels: { [ENVIRONMENT_LABEL]: settings.environmentId },
      HostConfig: {
        Binds: [...surroundings.binds, ...made.binds],
        // Images of engines declare a volume there, which would be made and removed for nothing.
        Mounts: [
          {
            Type: "tmpfs",
            Target: "/var/lib/docker",
            Source: "",
            TmpfsOptions: { SizeBytes: 4096, Mode: 0o700 },
          },
        ],
        Tmpfs: { "/tmp": "rw,nosuid,nodev,noexec,size=16m,mode=1777" },
        ReadonlyRootfs: true,
        NetworkMode: surroundings.network,
        ExtraHosts: [...settings.extraHosts],
        CapDrop: ["ALL"],
        CapAdd: ["CHOWN", "DAC_OVERRIDE", "FOWNER"],
        SecurityOpt: ["no-new-privileges"],
        PidsLimit: settings.processLimit,
        LogConfig: { Type: "none", Config: {} },
      },
    });
    return await start(container);
  } catch (error) {
    throw failure(error);
  }
}

async function start(container: Docker.Container): Promise<Helper> {
  let stream: Duplex | undefined;
  try {
    stream = await attach(container);
    await container.start();
  } catch (error) {
    stream?.destroy();
    await ignoreMissing(container.remove({ force: true, v: true }));
    throw error;
  }
  const attached = stream;
  let words = "";
  const frames = readFrames(
    outputOf(attached, (bytes) => {
      words = (words + bytes.toString("utf8")).slice(-2_000);
    }),
    LIMITS.toRunner,
  );
  let closing: Promise<{ readonly removed: Promise<void> }> | undefined;
  return {
    id: container.id,
    send: async (kind, body) => {
      if (attached.destroyed || attached.write(encodeFrame(kind, body))) return;
      await Promise.race([once(attached, "drain"), once(attached, "close")]);
    },
    receive: async () => {
      const next = await frames.next();
      return next.done ? undefined : next.value;
    },
    lastWords: () => words.trim(),
    close: () => {
      closing ??= (async () => {
        attached.destroy();
        await ignoreMissing(container.kill({ signal: "SIGKILL" }));
        return { removed: ignoreMissing(container.remove({ force: true, v: true })) };
      })();
      return closing;
    },
  };
}

async function* outputOf(
  stream: Duplex,
  onErrors: (bytes: Buffer) => void,
): AsyncGenerator<Buffer> {
  for await (const { from, bytes } of demultiplexNamed(stream)) {
    if (from === "errors") onErrors(bytes);
    else yield bytes;
  }
}
