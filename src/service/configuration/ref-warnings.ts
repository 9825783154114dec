import type { ForgeClient } from "#forge/forge.ts";
import { collidingRefs, imageTagFor } from "#image/ref-tag.ts";
import type { Diagnostic } from "#language/diagnostic.ts";
import type { PipelineFacts } from "#language/facts.ts";

const listedRefs = 5;

/**
 * Warnings about the ref's image tag: the ref has no valid tag, or other refs push to the same tag. The pipeline runs
 * anyway, because its scripts need not use the tag.
 */
export async function refWarnings(
  client: Pick<ForgeClient, "listRefs">,
  facts: PipelineFacts,
): Promise<readonly Diagnostic[]> {
  const { name } = facts.ref;
  const tag = imageTagFor(name);
  if (!tag.ok) return [warning("empty-ref-slug", tag.message)];
  const refs = await client.listRefs();
  const names = refs.map(({ ref }) => ref.replace(/^refs\/(?:heads|tags)\//, ""));
  const others = collidingRefs(name, names);
  if (others.length === 0) return [];
  const listed = others.slice(0, listedRefs).map((other) => `\`${other}\``);
  const more = others.length > listedRefs ? ` and ${others.length - listedRefs} more` : "";
  return [
    warning(
      "ref-slug-collision",
      `\`${name}\` shares the image tag \`${tag.tag}\` with ${listed.join(", ")}${more}: whoever pushes last wins; rename one of them, or tag images with $CI_COMMIT_SHORT_SHA`,
    ),
  ];
}

function warning(code: string, message: string): Diagnostic {
  return { severity: "warning", code, message, path: "", file: "" };
}
