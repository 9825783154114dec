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

/** Reads one text file from a job's artifacts. Returns undefined if there is none or if it is too large for a configuration. */
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

/** A damaged archive, which a job may upload, is treated as empty. */
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
