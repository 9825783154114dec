import { createHash } from "node:crypto";
import { formatImageRef, parseImageRef } from "#image/image-ref.ts";
import { repositoryFor } from "#image/image-repository.ts";
import { JobFailure } from "../../job-failure.ts";
import type { JobImage, JobResponse } from "../../protocol.ts";
import { canonicalHost, type RegistryAuth } from "../../registry/auth.ts";

export type PullPolicy = "always" | "if-not-present" | "never";

export type ImageRequest = {
  /** As the job names it. */
  readonly name: string;
  /** Complete, with registry and tag. */
  readonly ref: string;
  readonly registry: string;
  /** Without registry, tag and digest. */
  readonly repository: string;
  readonly policies: readonly PullPolicy[];
  readonly platform?: string;
  readonly auth: RegistryAuth | undefined;
  /**
   * How the image stands to the installation's own registry: one of the job's own project, of another project, or
   * elsewhere.
   */
  readonly owner: "project" | "other" | "elsewhere";
};

export type JobOfImage = Pick<JobResponse, "credentials"> & {
  readonly job_info: Pick<JobResponse["job_info"], "project_full_path">;
};

/** An image or service of a job as a request, its name expanded. */
export function imageRequest(
  image: JobImage,
  job: JobOfImage,
  expand: (text: string) => string,
  findAuth: (registry: string) => RegistryAuth | undefined,
): ImageRequest {
  const name = expand(image.name).trim();
  const parsed = parseImageRef(name);
  if (!parsed.ok) {
    const written = image.name === name ? "" : ` (written as \`${image.name}\`)`;
    throw new JobFailure(
      "script_failure",
      `The image cannot be used: ${parsed.message}${written}.`,
    );
  }
  const { registry, repository } = parsed.imageRef;
  const platform = expand(image.executor_opts?.docker?.platform ?? "");
  return {
    name,
    ref: formatImageRef(parsed.imageRef),
    registry,
    repository,
    policies: image.pull_policy ?? [],
    ...(platform && { platform }),
    auth: findAuth(registry),
    owner: ownerOf(registry, repository, job),
  };
}

function ownerOf(registry: string, repository: string, job: JobOfImage): ImageRequest["owner"] {
  const isOwnRegistry = job.credentials.some(
    ({ url }) => canonicalHost(url) === canonicalHost(registry),
  );
  if (!isOwnRegistry) return "elsewhere";
  const own = repositoryFor(job.job_info.project_full_path);
  if (!own.ok) return "other";
  const isOwn = repository === own.repository || repository.startsWith(`${own.repository}/`);
  return isOwn ? "project" : "other";
}

/** The same for requests that the registry answers alike: one with another login may be refused. */
export function pullKey({ platform, ref, auth, owner }: ImageRequest): string {
  // Each job has a token of its own for the project's images.
  const login = owner === "project" || auth === undefined ? owner : JSON.stringify(auth);
  return createHash("sha256")
    .update([platform ?? "", ref, login].join("\n"))
    .digest("hex");
}
