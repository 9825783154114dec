import type { ImageOptions, PlannedJob, PullPolicy } from "#language/plan.ts";

/** What a runner does where a job names no policy. */
const usual: readonly PullPolicy[] = ["always", "if-not-present"];

/**
 * A job's images with the pull policies that the project's `allowed_pull_policies` leave them (GitLab Runner Docs,
 * "Allow Docker pull policies"), or which image is left none.
 */
export function withAllowedPolicies<Job extends Pick<PlannedJob, "image" | "services">>(
  job: Job,
  allowed: readonly PullPolicy[] | undefined,
): Job | { readonly error: string } {
  if (allowed === undefined) return job;
  const images = [...(job.image === undefined ? [] : [job.image]), ...job.services];
  const forbidden = images.find((image) => policiesOf(image, allowed).length === 0);
  if (forbidden !== undefined) {
    const wanted = forbidden.pullPolicy?.join(", ");
    return {
      error: `The image \`${forbidden.name}\` asks for the pull policy ${wanted}, and the project may use ${allowed.join(", ")} only. Change \`pull_policy\`, or \`allowed_pull_policies\` in slipway.yaml.`,
    };
  }
  return {
    ...job,
    ...(job.image !== undefined && {
      image: { ...job.image, pullPolicy: policiesOf(job.image, allowed) },
    }),
    services: job.services.map((service) => ({
      ...service,
      pullPolicy: policiesOf(service, allowed),
    })),
  };
}

function policiesOf(image: ImageOptions, allowed: readonly PullPolicy[]): readonly PullPolicy[] {
  if (image.pullPolicy !== undefined)
    return image.pullPolicy.filter((policy) => allowed.includes(policy));
  const policies = usual.filter((policy) => allowed.includes(policy));
  return policies.length > 0 ? policies : allowed;
}
