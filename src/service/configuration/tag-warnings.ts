import type { Diagnostic } from "#language/diagnostic.ts";
import type { Plan } from "#language/plan.ts";
import { tagsWithoutSize } from "#project/runner-size.ts";
import type { ProjectSettings } from "#project/settings.ts";

const listedTags = 5;

/** Runner tags choose no runner here; those that have no size either are said to change nothing. */
export function tagWarnings(settings: ProjectSettings, plan: Plan): readonly Diagnostic[] {
  const tags = tagsWithoutSize(
    plan.jobs.flatMap(({ runnerTags }) => runnerTags),
    settings.runnerSizes,
  );
  if (tags.length === 0) return [];
  const listed = tags.slice(0, listedTags).map((tag) => `\`${tag}\``);
  const more = tags.length > listedTags ? ` and ${tags.length - listedTags} more` : "";
  const message = `runner tags without a size in slipway.yaml change nothing: ${listed.join(", ")}${more}; to have them mean one, list them under \`runner_tags\``;
  return [{ severity: "warning", code: "unknown-runner-tag", message, path: "", file: "" }];
}
