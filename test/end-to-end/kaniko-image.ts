import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run as attempt } from "#local/setup/command.ts";
import type { Machine } from "#local/setup/machine.ts";

const official = "gcr.io/kaniko-project/executor:v1.23.2-debug";
const own = "slipway-test/kaniko:latest";

/** As the official debug image is made; its shell lives where no build's files can overwrite it. */
const dockerfile = `FROM busybox AS shell
FROM scratch
COPY executor /kaniko/executor
COPY --from=shell /bin /busybox
ENV HOME=/root USER=root PATH=/usr/local/bin:/kaniko:/busybox DOCKER_CONFIG=/kaniko/.docker/
WORKDIR /workspace
ENTRYPOINT ["/kaniko/executor"]
`;

/**
 * Kaniko itself: its official image where that is within reach, else one around the executor that
 * SLIPWAY_TEST_KANIKO names (`go build ./cmd/executor` in kaniko's sources makes it).
 */
export async function makeKanikoImage(
  machine: Machine,
): Promise<{ readonly image: string } | { readonly missing: string }> {
  const env = { DOCKER_BUILDKIT: "1", DOCKER_HOST: `unix://${machine.dockerSocket}` };
  const executor = process.env.SLIPWAY_TEST_KANIKO;
  if (executor === undefined) {
    const pulled = await attempt(machine.dockerClient, ["pull", "-q", official], {
      env,
      timeLimit: 60_000,
    });
    if (pulled.code === 0) return { image: official };
    return { missing: `${official} is out of reach, and SLIPWAY_TEST_KANIKO names no executor` };
  }
  const work = mkdtempSync(join(tmpdir(), "slipway-kaniko-"));
  try {
    copyFileSync(executor, join(work, "executor"));
    writeFileSync(join(work, "Dockerfile"), dockerfile);
    const built = await attempt(machine.dockerClient, ["build", "-q", "-t", own, work], { env });
    return built.code === 0 ? { image: own } : { missing: built.stderr };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
