import type Docker from "dockerode";
import { ownerLabels } from "#engine/labels.ts";
import { ignoreMissing } from "../engine-client.ts";
import type { JobContext } from "../executor.ts";

/**
 * Gives a runner that is not root the files that a job's containers made as root: it could neither use the
 * checkout again nor remove it. Done by the job's own image, since nothing else is sure to be there; an
 * image without `chown` leaves them as they are.
 */
export async function takeBackFiles(
  engine: Docker,
  context: JobContext,
  ref: string,
): Promise<void> {
  const user = process.getuid?.() ?? 0;
  if (user === 0) return;
  const { paths, settings, job } = context;
  const removal = async () => {
    const info: { SecurityOptions?: string[] } = await engine.info();
    // Inside a rootless engine, root is the user who runs it.
    const rootless = info.SecurityOptions?.some((option) => option.includes("rootless")) ?? false;
    const owner = rootless ? "0:0" : `${user}:${process.getgid?.() ?? user}`;
    const container = await engine.createContainer({
      Image: ref,
      Entrypoint: ["chown"],
      Cmd: ["-R", owner, paths.buildsInside, "/cache"],
      User: "0",
      WorkingDir: "/",
      Labels: ownerLabels(settings.environmentId, job.id),
      HostConfig: {
        Binds: [
          `${paths.buildsOutside}:${paths.buildsInside}`,
          `${settings.directory}/cache:/cache`,
        ],
        NetworkMode: "none",
        LogConfig: { Type: "none", Config: {} },
      },
    });
    await container.start();
    await container.wait();
    await container.remove({ force: true });
  };
  await ignoreMissing(removal());
}
