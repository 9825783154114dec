import { createHash } from "node:crypto";
import type { Variable } from "#language/variables.ts";
import type { Job, Pipeline } from "#pipeline/pipeline.ts";
import { at, pipelineOf, plan } from "../pipeline/build.ts";

/** Letters that nothing compresses, the same for the same number. */
function noise(number: number, length: number): string {
  return createHash("sha512").update(String(number)).digest("base64url").slice(0, length);
}

function nameOf(number: number): string {
  return `build image ${number}: [${noise(number, 24)}, linux/${number % 2 === 0 ? "amd64" : "arm64"}]`;
}

/** Together with the others' as many characters as all dotenv reports of a pipeline may have. */
function dotenvOf(row: number): readonly Variable[] {
  const value = noise(row, 86) + noise(row + 10_000, 86);
  return [{ key: `DIGEST_${row}`, value, public: false }];
}

/** A pipeline at its end whose every job was tried again and again, with `needs` edges per job. */
export function largePipeline(size: {
  readonly jobs: number;
  readonly attempts: number;
  readonly needs: number;
}): Pipeline {
  const numbers = Array.from({ length: size.jobs }, (_, number) => number);
  const needsOf = (number: number) =>
    number < size.needs
      ? []
      : Array.from({ length: size.needs }, (_, need) => nameOf((number * 31 + need * 17) % number));
  const fresh = pipelineOf(
    plan(
      ["build"],
      numbers.map((number) => ({
        name: nameOf(number),
        stage: "build",
        needs: [...new Set(needsOf(number))],
        runnerTags: [number % 3 === 0 ? "large" : "small"],
      })),
    ),
  );
  const jobs = Array.from({ length: size.attempts }, (_, attempt) => attempt).flatMap((attempt) =>
    fresh.jobs.map((job, index): Job => {
      const row = attempt * size.jobs + index;
      const started = attempt * 4_000 + (row % 977) * 3.217;
      return {
        ...job,
        id: fresh.id * 100_000 + row + 1,
        status: "failed",
        retried: attempt < size.attempts - 1,
        attempt,
        environmentId: `p${fresh.id}-e${row + 1}`,
        failureReason: row % 5 === 0 ? "runner_system_failure" : "script_failure",
        exitCode: row % 256,
        createdAt: at(started - 10 - (row % 13) / 7),
        queuedAt: at(started - 5 - (row % 11) / 7),
        startedAt: at(started),
        contactAt: at(started + (row % 600) * 1.013),
        finishedAt: at(started + (row % 700) * 1.013),
        artifacts: [
          {
            type: "archive",
            format: "zip",
            filename: "artifacts.zip",
            sizeBytes: (row * 7_919) % 1_000_003,
            expireAt: at(started + 604_800 + (row % 700) * 1.013),
          },
        ],
        ...(attempt === 0 && index < 500 && { dotenv: dotenvOf(row) }),
      };
    }),
  );
  const environments = jobs.slice(-1_100).map((job, index) => ({
    id: job.environmentId ?? "",
    state: "ended" as const,
    executor: "docker-in-docker" as const,
    privileged: true,
    runnerTags: job.runnerTags,
    capacity: 1,
    wantedAt: job.createdAt,
    startedAt: job.queuedAt ?? job.createdAt,
    runningAt: job.startedAt ?? job.createdAt,
    contactAt: job.contactAt ?? job.createdAt,
    endedAt: job.finishedAt ?? job.createdAt,
    handle: `container:slipway-${noise(index, 12)}-${job.environmentId ?? ""}`,
    startFailures: 0,
  }));
  return { ...fresh, status: "failed", finishedAt: at(90_000), jobs, environments };
}
