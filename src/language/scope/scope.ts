// Secrets decide conditions (`lookup`), and are in nothing that is kept or shown (all else).
// Variables that conditions see (GitLab Docs, "GitLab CI/CD variables", precedence): unexpanded, last wins.

import type { Lookup } from "../expression/expression.ts";
import type { CompileRequest } from "../source.ts";
import { type Inheritance, inherits } from "../tree/inherit.ts";
import { type Variable, withoutSecrets } from "../variables.ts";
import { sortAndExpand } from "./expand.ts";
import { predefinedVariables, userVariables } from "./predefined.ts";
import { toVariables } from "./to-variables.ts";

/** What lies below and above the configuration's own variables. */
export type Scope = {
  readonly predefined: readonly Variable[];
  /** `CI_PIPELINE_IID`: for jobs, not for `include` and `workflow`. */
  readonly ofPipeline: readonly Variable[];
  /** User, project and pipeline variables, which win over the configuration's; secrets without their values. */
  readonly overriding: readonly Variable[];
  /** For expressions only: looks a name up with these variables of the configuration (and of the job) in between. */
  readonly lookup: (own: readonly Variable[], ofJob?: () => readonly Variable[]) => Lookup;
  /** As `lookup`, secrets without their values: for texts that variables are filled in to. */
  readonly shown: (own: readonly Variable[], ofJob?: () => readonly Variable[]) => Lookup;
  /** As `shown`, with the variables in the values replaced too, as far as they are known. */
  readonly expanded: (own: readonly Variable[], ofJob?: () => readonly Variable[]) => Lookup;
};

export function createScope(request: CompileRequest): Scope {
  const predefined = predefinedVariables(request.facts);
  const known = [
    ...userVariables(request.facts.user),
    ...request.projectVariables,
    ...request.pipelineVariables,
  ];
  const overriding = withoutSecrets(known);
  const below = valuesOf(predefined);
  return {
    predefined,
    ofPipeline: toVariables({ CI_PIPELINE_IID: String(request.iid) }),
    overriding,
    lookup: lookupIn(valuesOf(known), below),
    shown: lookupIn(valuesOf(overriding), below),
    expanded: (own, ofJob = () => []) => {
      let values: ReadonlyMap<string, string> | undefined;
      return (name) => {
        values ??= expandedValues([...predefined, ...ofJob(), ...own, ...overriding]);
        return values.get(name);
      };
    },
  };
}

function lookupIn(
  above: ReadonlyMap<string, string>,
  below: ReadonlyMap<string, string>,
): Scope["lookup"] {
  return (own, ofJob = () => []) => {
    // Few jobs are decided by a look at their own variables. Names of a job and of the pipeline differ.
    let between: ReadonlyMap<string, string> | undefined;
    let last: ReadonlyMap<string, string> | undefined;
    return (name) => {
      const first = above.get(name);
      if (first !== undefined) return first;
      between ??= valuesOf(own);
      const found = between.get(name) ?? below.get(name);
      if (found !== undefined) return found;
      last ??= valuesOf(ofJob());
      return last.get(name);
    };
  };
}

function valuesOf(variables: readonly Variable[]): ReadonlyMap<string, string> {
  return new Map(variables.map(({ key, value }) => [key, value]));
}

/** As they are where they go round in a circle, which is reported elsewhere. */
function expandedValues(variables: readonly Variable[]): ReadonlyMap<string, string> {
  const expanded = sortAndExpand(variables);
  return valuesOf("error" in expanded ? variables : expanded.variables);
}

/** One list with one entry per key: the later list wins. */
export function overlay(...lists: readonly (readonly Variable[])[]): readonly Variable[] {
  const [first, second] = lists.filter((list) => list.length > 0);
  if (second === undefined) return first ?? [];
  const merged = new Map<string, Variable>();
  for (const list of lists) for (const variable of list) merged.set(variable.key, variable);
  return [...merged.values()];
}

/** The globals that a job inherits. */
export function inheritedVariables(
  globals: readonly Variable[],
  inheritance: Inheritance,
): readonly Variable[] {
  return inheritance === true ? globals : globals.filter(({ key }) => inherits(inheritance, key));
}
