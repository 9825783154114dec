import { Duplex } from "node:stream";
import type Docker from "dockerode";

/** Both ways to a container's first process, multiplexed; see `demultiplex`. To be opened before its start. */
export async function attach(container: Docker.Container): Promise<Duplex> {
  const stream = await container.attach({
    stream: true,
    hijack: true,
    stdin: true,
    stdout: true,
    stderr: true,
  });
  if (!(stream instanceof Duplex)) {
    throw new Error("The engine's client gave no stream that can be read and written.");
  }
  // The reader meets the same error; without a listener it would end the runner.
  stream.on("error", () => undefined);
  return stream;
}

/** How a container is made whose first process is talked to. */
export const ATTACHED = {
  AttachStdin: true,
  AttachStdout: true,
  AttachStderr: true,
  OpenStdin: true,
  StdinOnce: true,
  Tty: false,
} as const;
