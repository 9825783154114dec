import type { Names } from "../names.ts";

/**
 * When CodeBuild may take a build role: for these CodeBuild projects of this account only, so that nobody's project
 * elsewhere can have CodeBuild use it (AWS CodeBuild User Guide, "Cross-service confused deputy prevention").
 * `*` at the end of a name stands for any end of it.
 */
export function buildTrustConditions(
  names: Names,
  codebuildProjects: readonly string[],
): { readonly [operator: string]: { readonly [key: string]: unknown } } {
  return {
    StringEquals: { "aws:SourceAccount": names.account },
    ArnLike: { "aws:SourceArn": codebuildProjects.map(names.codebuildProjectArn) },
  };
}
