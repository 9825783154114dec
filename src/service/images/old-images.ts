import { repositoryFor } from "#image/image-repository.ts";
import { imageTagFor } from "#image/ref-tag.ts";
import type { ProjectKey } from "#pipeline/project-key.ts";
import { isCompleted } from "#pipeline/status.ts";
import type { ProjectSettings } from "#project/settings.ts";
import { RegistryError } from "#registry/registry.ts";
import type { OldImage } from "#store/old-image-store.ts";
import { type Host, type Installation, isoNow, type Ports, type ServiceDeps } from "../deps.ts";

const weekSeconds = 7 * 24 * 3600;
/** A tag that cannot be decided on now is checked again after this time. */
const againMilliseconds = 3600_000;
const mostAtOnce = 20;

/** Notes that the image of a deleted branch is removed when the grace period is over. Idempotent. */
export async function noteDeletedBranch(
  deps: Pick<Ports, "store"> & Pick<Installation, "settings"> & Pick<Host, "now">,
  { forge, project }: ProjectKey,
  branch: string,
): Promise<void> {
  const settings = await deps.settings({ forge, project });
  const grace = graceOf(settings);
  const tag = imageTagFor(branch);
  if (grace === undefined || !tag.ok || isKeptAlways(tag.tag)) return;
  const deletedAt = isoNow(deps);
  const dueAt = later(deletedAt, grace * 1000);
  await deps.store.oldImages.put({ forge, project, ref: branch, tag: tag.tag, deletedAt, dueAt });
}

/**
 * Removes the image tags of branches whose grace period is over, unless something needs them: an existing branch or tag
 * whose images have the same tag, or an unfinished pipeline. A note is kept until it is done, so that nothing is lost by
 * a crash or while the forge or the registry is unavailable.
 */
export async function removeOldImages(deps: ServiceDeps): Promise<void> {
  for (const image of await deps.store.oldImages.listDue(isoNow(deps), mostAtOnce)) {
    const { ref, tag, forge, project } = image;
    try {
      const decision = await decide(deps, image);
      if (decision === "wait") await postpone(deps, image);
      else await deps.store.oldImages.delete(image);
      if (decision === "removed")
        deps.log("info", "removed the image of a deleted branch", { forge, project, ref, tag });
    } catch (error) {
      deps.log("warn", "the image of a deleted branch stays for now", {
        ...{ forge, project, ref, tag },
        cause: error instanceof Error ? error.message : String(error),
      });
      await postpone(deps, image);
    }
  }
}

async function decide(
  deps: Pick<Ports, "store" | "registry" | "forges"> &
    Pick<Installation, "settings"> &
    Pick<Host, "now">,
  image: OldImage,
): Promise<"removed" | "absent" | "kept" | "wait"> {
  const settings = await deps.settings(image);
  const grace = graceOf(settings);
  const forge = deps.forges.get(image.forge);
  const repository = repositoryFor(image.project);
  if (grace === undefined || forge === undefined || !repository.ok) return "kept";
  // The setting may have changed since.
  if (Date.parse(image.deletedAt) + grace * 1000 > deps.now()) return "wait";
  const live = (await forge.client(image.project).listRefs()).map(({ ref }) =>
    ref.replace(/^refs\/(?:heads|tags)\//, ""),
  );
  if (live.some((name) => isTaggedWith(name, image.tag))) return "kept";
  const recent = await deps.store.pipelines.list({ project: image.project, limit: 50 });
  const isAtWork = recent.some(
    ({ ref, status }) =>
      !isCompleted(status) && status !== "manual" && isTaggedWith(ref, image.tag),
  );
  if (isAtWork) return "wait";
  const removed = await deps.registry.deleteTag(repository.repository, image.tag).catch(gone);
  return removed === "done" ? "removed" : "absent";
}

/** `$CI_COMMIT_REF_SLUG`, and for releases often `$CI_COMMIT_TAG` as it is. */
function isTaggedWith(refName: string, tag: string): boolean {
  const own = imageTagFor(refName);
  return refName === tag || (own.ok && own.tag === tag);
}

/** Version tags, and tag names that people pull regardless of the branch they come from. */
function isKeptAlways(tag: string): boolean {
  return tag === "latest" || tag === "stable" || /^v?\d+(?:[.-]\d+)*$/.test(tag);
}

function graceOf(settings: ProjectSettings | undefined): number | undefined {
  if (settings === undefined || !settings.registry) return undefined;
  const grace = settings.imageGraceSeconds ?? weekSeconds;
  return grace === "never" ? undefined : grace;
}

/** A permanent refusal ends the attempts. */
function gone(error: unknown): "absent" {
  if (error instanceof RegistryError && !error.retryable) return "absent";
  throw error;
}

async function postpone(
  deps: Pick<Ports, "store"> & Pick<Host, "now">,
  image: OldImage,
): Promise<void> {
  const dueAt = later(isoNow(deps), againMilliseconds);
  await deps.store.oldImages.put({ ...image, dueAt });
}

function later(instant: string, milliseconds: number): string {
  return new Date(Date.parse(instant) + milliseconds).toISOString();
}
