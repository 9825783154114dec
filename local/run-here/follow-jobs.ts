import type { Job, Pipeline } from "#pipeline/pipeline.ts";
import { isCompleted } from "#pipeline/status.ts";
import type { Host, Ports, Waiting } from "#service/deps.ts";
import { readJob } from "#service/read-job.ts";
import { type JobView, jobView } from "#service/view/job-view.ts";
import { readLog } from "#service/view/read-log.ts";
import { colorsAfter, reset } from "#terminal/colors.ts";
import { logText, withoutColors } from "#terminal/readable.ts";

/** What happens in a pipeline, for whoever watches. */
export type Watcher = {
  readonly started: (job: Job) => void;
  /** A whole line of a job's log, without its end: nothing in it steers a terminal, and no colour goes on behind it. */
  readonly line: (job: Job, text: string) => void;
  readonly ended: (job: JobView) => void;
};

const holdMilliseconds = 5_000;
/** Bytes of a line that is told before its end. */
const longestLine = 1_000_000;

/** Tells everything that happens in a pipeline and its children until nothing more happens by itself. */
export async function followJobs(
  deps: Pick<Ports, "store" | "blobs"> & Pick<Host, "now"> & Pick<Waiting, "waitForChange">,
  pipelineId: number,
  watcher: Watcher,
): Promise<Pipeline> {
  const followed = new Map<number, Promise<unknown>>();
  for (;;) {
    const change = deps.waitForChange(pipelineId, holdMilliseconds);
    const pipeline = (await deps.store.pipelines.get(pipelineId))?.value;
    if (pipeline === undefined) throw new Error(`Pipeline ${pipelineId} is gone.`);
    for (const job of pipeline.jobs) {
      if (followed.has(job.id)) continue;
      if (job.childPipelineId !== undefined) {
        followed.set(job.id, followJobs(deps, job.childPipelineId, watcher));
      } else if (job.startedAt !== undefined) {
        watcher.started(job);
        followed.set(job.id, followJob(deps, job, watcher));
      } else if (job.status === "failed") {
        watcher.ended(jobView(pipeline, job));
        followed.set(job.id, Promise.resolve());
      }
    }
    if (isCompleted(pipeline.status) || pipeline.status === "manual") {
      await Promise.all(followed.values());
      return pipeline;
    }
    await change;
  }
}

/** Lines as they are whole, so that those of jobs side by side do not mix. */
async function followJob(
  deps: Pick<Ports, "store" | "blobs"> & Pick<Host, "now"> & Pick<Waiting, "waitForChange">,
  job: Job,
  watcher: Watcher,
): Promise<void> {
  let offset = 0;
  let rest = Buffer.alloc(0);
  let inForce = "";
  const tell = (bytes: Uint8Array): void => {
    for (const raw of new TextDecoder().decode(bytes).split("\n")) {
      const { text } = logText(raw, { colors: true, end: true });
      const line = inForce + lastPart(text);
      inForce = colorsAfter(text, inForce);
      const isMark = withoutColors(line) === "" && raw.startsWith("section_");
      if (!isMark) watcher.line(job, inForce === "" ? line : line + reset);
    }
  };
  for (;;) {
    const part = await readLog(deps, job.id, { offset, waitMilliseconds: holdMilliseconds });
    if (part === undefined) return;
    offset += part.bytes.byteLength;
    rest = Buffer.concat([rest, part.bytes]);
    const end = rest.lastIndexOf("\n");
    if (end >= 0) tell(rest.subarray(0, end));
    rest = rest.subarray(end + 1);
    if (rest.length > longestLine) {
      tell(rest);
      rest = Buffer.alloc(0);
    }
    if (!part.complete) continue;
    if (rest.length > 0) tell(rest);
    const ended = await readJob(deps, job.id);
    if (ended) watcher.ended(jobView(ended.pipeline, ended.job));
    return;
  }
}

/** Of a line that was written over (a progress bar), what stands there in the end. */
function lastPart(line: string): string {
  return line.split("\r").findLast((part) => part !== "") ?? "";
}
