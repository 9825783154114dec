import type { PipelineFacts } from "#language/facts.ts";
import type { Variable } from "#language/variables.ts";
import type { ProjectSettings } from "#project/settings.ts";
import type { Host, Ports } from "../deps.ts";
import { isFromFork, matchesWildcard } from "./facts.ts";

/**
 * The project's variables that this ref and deployment environment may see, secrets resolved. Nobody
 * stores the result: it goes into one compilation or one job.
 */
export async function projectVariables(
  deps: Pick<Ports, "secrets"> & Pick<Host, "log">,
  settings: ProjectSettings,
  scope: { readonly protectedRef: boolean; readonly environment?: string },
): Promise<readonly Variable[]> {
  const visible = settings.variables.filter(
    (variable) =>
      (!variable.protected || scope.protectedRef) &&
      (variable.environmentScope === "*" ||
        (scope.environment !== undefined &&
          matchesWildcard(variable.environmentScope, scope.environment))),
  );
  const resolved = await Promise.all(
    visible.map(async (variable): Promise<Variable[]> => {
      const value =
        "plain" in variable.value
          ? variable.value.plain
          : (await deps.secrets.get(variable.value.secret))[0];
      if (value === undefined) {
        deps.log("warn", "a variable names a secret that does not exist", {
          project: settings.path,
          variable: variable.key,
        });
        return [];
      }
      const isSecret = "secret" in variable.value;
      return [
        {
          key: variable.key,
          value,
          public: !isSecret,
          masked: variable.masked || isSecret,
          file: variable.file,
          raw: variable.raw,
        },
      ];
    }),
  );
  return resolved.flat();
}

/** What the compiler may put into a plan: nothing where a fork's merge request is read. */
export async function compileVariables(
  deps: Pick<Ports, "secrets"> & Pick<Host, "log">,
  settings: ProjectSettings,
  facts: Pick<PipelineFacts, "ref" | "mergeRequest">,
): Promise<readonly Variable[]> {
  if (isFromFork(facts)) return [];
  return projectVariables(deps, settings, { protectedRef: facts.ref.protected });
}
