import { defined } from "#language/defined.ts";
import type { ArtifactsOptions, PlannedJob } from "#language/plan.ts";
import type { Pipeline } from "#pipeline/pipeline.ts";
import type { JobArtifacts, JobResponse } from "#runner/protocol.ts";
import { archiveOf, artifactSources } from "../configuration/artifact-sources.ts";

/** The uploads that the runner makes: an archive of `paths` and `untracked`, and one file for each report. */
export function toArtifacts(artifacts: ArtifactsOptions | undefined): JobArtifacts[] {
  if (artifacts === undefined) return [];
  const common = {
    exclude: [...artifacts.exclude],
    ...defined({ expire_in: artifacts.expireIn }),
  };
  const archive: JobArtifacts = {
    ...common,
    name: artifacts.name ?? "artifacts",
    untracked: artifacts.untracked,
    paths: [...artifacts.paths],
    when: artifacts.when,
    artifact_type: "archive",
    artifact_format: "zip",
  };
  const hasArchive = artifacts.paths.length > 0 || artifacts.untracked;
  const reports = Object.entries(artifacts.reports).map(
    ([type, paths]): JobArtifacts => ({
      ...common,
      name: type === "dotenv" ? ".env" : type,
      untracked: false,
      paths: [...paths],
      // GitLab Docs, "artifacts:reports": collected however the job ends.
      when: "always",
      artifact_type: type,
      artifact_format: "gzip",
    }),
  );
  return hasArchive ? [archive, ...reports] : reports;
}

/** The archives that a job gets in its checkout, or the name of a job whose archive has expired. */
export function dependenciesOf(
  pipeline: Pipeline,
  planned: PlannedJob,
  token: string,
): { readonly dependencies: JobResponse["dependencies"] } | { readonly expired: string } {
  const sources = artifactSources(pipeline, planned).flatMap((job) => {
    const archive = archiveOf(job);
    return archive === undefined ? [] : [{ job, archive }];
  });
  const expired = sources.find(({ archive }) => archive.removed === true);
  if (expired !== undefined) return { expired: expired.job.name };
  return {
    dependencies: sources.map(({ job, archive }) => ({
      id: job.id,
      token,
      name: job.name,
      artifacts_file: { filename: archive.filename, size: archive.sizeBytes },
    })),
  };
}
