import type { CoverageReader } from "#language/keyword/coverage.ts";
import { pipelineIdOfJob } from "#pipeline/jobs.ts";
import type { Job } from "#pipeline/pipeline.ts";
import type { Ports } from "../deps.ts";
import { logKey } from "../keys.ts";
import { readPlan } from "../read-plan.ts";

const pieceBytes = 256 * 1024;
/** How far back from its end a log is searched. */
const mostBytes = 32 * 1024 * 1024;

/** Returns the percentage from the last matching line of the job's log. Undefined if no line matches. */
export async function readCoverage(
  deps: Pick<Ports, "blobs">,
  job: Job,
): Promise<number | undefined> {
  if (job.readsCoverage === undefined) return undefined;
  const plan = await readPlan(deps, pipelineIdOfJob(job.id));
  // This import loads the engine for regular expressions, which few requests need.
  const { coverageReader } = await import("#language/keyword/coverage.ts");
  const read = coverageReader(plan.jobs[job.planIndex]?.coverage ?? "");
  return read === undefined ? undefined : searchBackwards(deps, logKey(job.id), read);
}

async function searchBackwards(
  { blobs }: Pick<Ports, "blobs">,
  key: string,
  read: CoverageReader,
): Promise<number | undefined> {
  const { length } = await blobs.read(key, 0, 0);
  const first = Math.max(0, length - mostBytes);
  let end = length;
  // The rest of a line that begins in the piece before.
  let rest: Uint8Array = new Uint8Array();
  while (end > first) {
    const start = Math.max(first, end - pieceBytes);
    const piece = await blobs.read(key, start, end - start);
    const bytes = Buffer.concat([piece.bytes, rest]);
    const lineEnd = start === first ? -1 : bytes.indexOf(10);
    const isWhole = start === first || lineEnd >= 0;
    if (isWhole) {
      const found = lastOf(bytes.subarray(lineEnd + 1).toString("utf8"), read);
      if (found !== undefined) return found;
    }
    rest = (isWhole ? bytes.subarray(0, Math.max(0, lineEnd)) : bytes).subarray(-pieceBytes);
    end = start;
  }
  return undefined;
}

function lastOf(text: string, read: CoverageReader): number | undefined {
  for (const line of text.split("\n").toReversed()) {
    const found = read(line);
    if (found !== undefined) return found;
  }
  return undefined;
}
