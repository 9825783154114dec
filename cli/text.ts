import { between } from "#functions/http/pages/time.ts";
import type { JobView } from "#service/view/job-view.ts";
import type { PipelineView } from "#service/view/pipeline-view.ts";
import { oneLine } from "#terminal/readable.ts";
import { colors } from "./colors.ts";

const paint: Readonly<Record<string, (text: string) => string>> = {
  success: colors.green,
  failed: colors.red,
  running: colors.yellow,
  pending: colors.yellow,
  canceling: colors.yellow,
};

export function paintStatus(status: string, width = 0): string {
  return (paint[status] ?? colors.dim)(status.padEnd(width));
}

/** A pipeline with its stages and jobs, for a terminal. */
export function pipelineText(pipeline: PipelineView, now: string): string {
  const took =
    pipeline.started_at === undefined
      ? ""
      : ` · ${between(pipeline.started_at, pipeline.finished_at ?? now)}`;
  const head = [
    `${paintStatus(pipeline.status)}  pipeline ${pipeline.id} · ${oneLine(pipeline.project)} · ${oneLine(pipeline.ref)} · ${pipeline.sha.slice(0, 8)}${took}`,
    colors.dim(pipeline.url),
    ...pipeline.problems
      .flatMap((problem) => problem.split("\n"))
      .map((line) => `  ${oneLine(line)}`),
  ];
  const stages = pipeline.stages.flatMap((stage) => [
    `${oneLine(stage.name).padEnd(12)} ${paintStatus(stage.status)}`,
    ...stage.jobs.map((job) => jobText(job, now)),
  ]);
  return [...head, ...stages].join("\n");
}

function jobText(job: JobView, now: string): string {
  const time = job.started_at === undefined ? "" : between(job.started_at, job.finished_at ?? now);
  const why = [
    startText(job),
    job.failure_reason,
    job.exit_code === undefined ? undefined : `exit code ${job.exit_code}`,
    job.failure_message?.split("\n", 1)[0],
    job.allow_failure && job.status === "failed" ? "allowed to fail" : undefined,
  ].filter((part) => part !== undefined);
  return `  ${paintStatus(job.status, 9)} ${String(job.id).padEnd(9)} ${oneLine(job.name).padEnd(24)} ${time.padEnd(10)} ${oneLine(why.join(", "))}`.trimEnd();
}

/** Only what is worth a word: machines of one's own are up at once. */
function startText({ waited_seconds: waited = 0, provisioning_seconds: started = 0 }: JobView) {
  const parts = [
    ...(waited >= 1 ? [`${Math.round(waited)} s in line`] : []),
    ...(started >= 1 ? [`${Math.round(started)} s provisioning`] : []),
  ];
  return parts.length === 0 ? undefined : parts.join(", ");
}
