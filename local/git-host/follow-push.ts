import { isCompleted } from "#pipeline/status.ts";
import type { Host, Ports, Waiting } from "#service/deps.ts";
import { readLog } from "#service/view/read-log.ts";
import { readableLog } from "#service/view/readable-log.ts";
import { oneLine } from "#terminal/readable.ts";

const holdMilliseconds = 5_000;

/** The jobs' logs as they come, one job after another in the order of their start, then the verdict. */
export async function* followPipeline(
  deps: Pick<Ports, "store" | "blobs"> & Pick<Host, "now"> & Pick<Waiting, "waitForChange">,
  pipelineId: number,
): AsyncIterable<string> {
  const shown = new Set<number>();
  for (;;) {
    const change = deps.waitForChange(pipelineId, holdMilliseconds);
    const pipeline = (await deps.store.pipelines.get(pipelineId))?.value;
    if (pipeline === undefined) return;
    const next = pipeline.jobs
      .filter((job) => job.startedAt !== undefined && !shown.has(job.id))
      .toSorted((a, b) => (a.startedAt ?? "").localeCompare(b.startedAt ?? ""))[0];
    if (next !== undefined) {
      shown.add(next.id);
      yield `\n--- ${oneLine(next.name)} (job ${next.id})\n`;
      yield* followJob(deps, next.id);
      continue;
    }
    if (isCompleted(pipeline.status) || pipeline.status === "manual") {
      yield `\nPipeline ${pipelineId}: ${pipeline.status}\n`;
      return;
    }
    await change;
  }
}

/** One job's log to its end. */
export async function* followJob(
  deps: Pick<Ports, "store" | "blobs"> & Pick<Host, "now"> & Pick<Waiting, "waitForChange">,
  jobId: number,
): AsyncIterable<string> {
  const log = readableLog({ colors: true });
  let offset = 0;
  for (;;) {
    const part = await readLog(deps, jobId, { offset, waitMilliseconds: holdMilliseconds });
    if (part === undefined) return;
    offset += part.bytes.byteLength;
    yield log.add(part.bytes);
    if (part.complete) yield log.end();
    if (part.complete) return;
  }
}
