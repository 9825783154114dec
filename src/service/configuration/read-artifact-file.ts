import { text } from "node:stream/consumers";
import { fromBufferPromise, type ZipFile } from "yauzl";
import { limits } from "#language/limits.ts";
import { currentJobs } from "#pipeline/jobs.ts";
import type { Pipeline } from "#pipeline/pipeline.ts";
import type { Ports } from "../deps.ts";
import { artifactKey } from "../keys.ts";
import { archiveOf } from "./artifact-sources.ts";

/** GitLab Docs, "Downstream pipelines": the archive of a dynamic child pipeline's configuration. */
const mostArchiveBytes = 5 * 1024 * 1024;

/** One text file out of what a job left; undefined where there is none, or it is too large to be a configuration. */
export async function readArtifactFile(
  deps: Pick<Ports, "blobs">,
  pipeline: Pipeline,
  jobName: string,
  path: string,
): Promise<string | undefined> {
  const job = currentJobs(pipeline).find(({ name }) => name === jobName);
  const archive = job && archiveOf(job);
  if (job === undefined || archive === undefined || archive.sizeBytes > mostArchiveBytes) {
    return undefined;
  }
  const bytes = await deps.blobs.get(artifactKey(job.id, archive.type));
  if (bytes === undefined) return undefined;
  const zip = await fromBufferPromise(Buffer.from(bytes)).catch(() => undefined);
  return zip === undefined ? undefined : readEntry(zip, path.replace(/^(?:\.?\/)+/, ""));
}

/** A damaged archive, which a job can upload as well, holds nothing. */
async function readEntry(zip: ZipFile, path: string): Promise<string | undefined> {
  try {
    for await (const entry of zip.eachEntry()) {
      if (entry.fileName !== path) continue;
      if (entry.uncompressedSize > limits.fileBytes) return undefined;
      return await text(await zip.openReadStreamPromise(entry));
    }
    return undefined;
  } catch {
    return undefined;
  } finally {
    zip.close();
  }
}
