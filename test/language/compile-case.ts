import { compile } from "#language/compile.ts";
import type { CompileResult, Plan, PlannedJob } from "#language/plan.ts";
import type { Variable } from "#language/variables.ts";
import { type PushOptions, pushFacts } from "./facts.ts";

/** `request.json` of a case; everything may be left out. */
export type CaseRequest = PushOptions & {
  readonly variables?: Readonly<Record<string, string>>;
  readonly projectVariables?: Readonly<Record<string, string>>;
  /** Changed paths; absent: not known, so that every `changes` holds. */
  readonly changed?: readonly string[];
  /** The ref of `compare_to` does not exist. */
  readonly noSuchRef?: boolean;
  /** Other files of the repository, by path. */
  readonly files?: Readonly<Record<string, string>>;
  /** Files of other projects, by `project@ref:path` (`project:path` without a ref). */
  readonly projects?: Readonly<Record<string, string>>;
  readonly remotes?: Readonly<Record<string, string>>;
  readonly templates?: Readonly<Record<string, string>>;
  readonly components?: Readonly<Record<string, string>>;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly iid?: number;
};

export async function compileCase(text: string, request: CaseRequest = {}): Promise<CompileResult> {
  const files = request.files ?? {};
  const from =
    (texts: Readonly<Record<string, string>> = {}) =>
    async (name: string) =>
      texts[name];
  return compile({
    text,
    file: ".gitlab-ci.yml",
    facts: pushFacts(request),
    pipelineVariables: toVariables(request.variables),
    projectVariables: toVariables(request.projectVariables),
    iid: request.iid ?? 1,
    ...(request.inputs && { inputs: request.inputs }),
    reader: {
      local: from(files),
      paths: async () => [".gitlab-ci.yml", ...Object.keys(files)],
      changedPaths: async () =>
        request.noSuchRef ? "no-such-ref" : (request.changed ?? "unknown"),
      project: async (project, ref, file) =>
        request.projects?.[ref === undefined ? `${project}:${file}` : `${project}@${ref}:${file}`],
      remote: from(request.remotes),
      template: from(request.templates),
      component: from(request.components),
    },
  });
}

function toVariables(values: Readonly<Record<string, string>> = {}): Variable[] {
  return Object.entries(values).map(([key, value]) => ({ key, value }));
}

/** The result as `expected.json` writes it: variables as a map, and what says nothing left out. */
export function summarise(result: CompileResult): unknown {
  const diagnostics = { diagnostics: result.diagnostics };
  if (result.status !== "created") return { ...result, ...diagnostics };
  return { status: result.status, ...summarisePlan(result.plan), ...diagnostics };
}

function summarisePlan({ stages, jobs, name, autoCancel }: Plan) {
  return { stages, jobs: jobs.map(summariseJob), autoCancel, ...(name !== undefined && { name }) };
}

function summariseJob(job: PlannedJob) {
  return {
    ...job,
    variables: Object.fromEntries(job.variables.map(({ key, value }) => [key, value])),
    needs: job.needs?.map((need) => (need.optional || !need.artifacts ? need : need.job)),
  };
}
