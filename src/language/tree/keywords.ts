// Every keyword of a `.gitlab-ci.yml` in one table: it closes the lists of allowed keys, and the page of
// keywords in docs/ is made from it. Follows GitLab Docs: "CI/CD YAML syntax reference".

/**
 * works: as in GitLab. accepted: allowed, with a warning that says what is not done (`note`).
 * refused: an error with the reason (`note`).
 */
export type Keyword = {
  readonly support: "works" | "accepted" | "refused";
  readonly note?: string;
};

export type KeywordTable = Readonly<Record<string, Keyword>>;

const works: Keyword = { support: "works" };
const accepted = (note: string) => ({ support: "accepted", note }) satisfies Keyword;
const refused = (note: string): Keyword => ({ support: "refused", note });

function allWork(...names: readonly string[]): KeywordTable {
  return Object.fromEntries(names.map((name) => [name, works]));
}

const kubernetes = accepted("There is no Kubernetes executor; `kubernetes` has no effect.");
const pages = accepted("The job runs, but nothing is published as a Pages site.");
const services = allWork("name", "entrypoint", "pull_policy");

/** Keys that `default` may hold; the top-level spelling of the first five is deprecated but works. */
const defaults = {
  ...allWork("image", "services", "before_script", "after_script", "cache"),
  ...allWork("artifacts", "hooks", "id_tokens", "interruptible", "retry", "tags"),
  timeout: accepted("`default:timeout` has no effect, as in GitLab; set it in the job."),
  identity: accepted("`identity` is not available; use `id_tokens` to sign in to a cloud."),
} satisfies KeywordTable;

const jobs = {
  ...defaults,
  ...allWork("script", "stage", "extends", "only", "except", "rules", "variables", "inherit"),
  ...allWork("allow_failure", "when", "start_in", "needs", "dependencies", "parallel", "timeout"),
  ...allWork("resource_group", "environment", "coverage", "trigger"),
  manual_confirmation: accepted("The job is played without this question being asked."),
  release: accepted("The job runs, but no release is made on the forge."),
  secrets: accepted(
    "Secrets of vaults are not fetched; use the project's variables or `id_tokens`.",
  ),
  pages,
  publish: pages,
  dast_configuration: accepted("There are no DAST profiles; `dast_configuration` has no effect."),
  inputs: accepted("Inputs of a job cannot be changed when it is run by hand; defaults are used."),
  run: accepted("Steps are not run: the job fails and says so. Write the commands in `script`."),
} satisfies KeywordTable;

/** A job that starts a child pipeline runs nothing itself. */
const triggerJobs = {
  ...allWork("trigger", "parallel", "extends", "stage", "only", "except", "rules", "variables"),
  ...allWork("inherit", "allow_failure", "when", "needs", "resource_group", "environment"),
  ...allWork("interruptible"),
  manual_confirmation: jobs.manual_confirmation,
  inputs: jobs.inputs,
} satisfies KeywordTable;

export const keywords = {
  global: {
    ...allWork("default", "include", "stages", "variables", "workflow"),
    ...allWork("image", "services", "before_script", "after_script", "cache"),
    spec: refused("`spec` belongs into a header of its own: write `---` between it and the jobs."),
    types: refused("`types` was removed from GitLab; write `stages`."),
  },
  default: defaults,
  job: jobs,
  "job with trigger": triggerJobs,
  image: { ...services, ...allWork("docker"), kubernetes },
  "image:docker": allWork("platform", "user"),
  service: { ...services, ...allWork("alias", "command", "variables", "docker"), kubernetes },
  "variables (global)": allWork("value", "description", "options", "expand"),
  "variables (job)": allWork("value", "expand"),
  "only / except": {
    ...allWork("refs", "variables", "changes"),
    kubernetes: accepted("There is no Kubernetes cluster, so `kubernetes: active` never holds."),
  },
  rules: {
    ...allWork("if", "changes", "exists", "when", "allow_failure", "needs"),
    ...allWork("variables", "interruptible", "start_in"),
  },
  "rules:changes": allWork("paths", "compare_to"),
  "rules:exists": allWork("paths", "project", "ref"),
  workflow: allWork("rules", "name", "auto_cancel"),
  "workflow:rules": allWork("if", "changes", "exists", "when", "variables", "auto_cancel"),
  "workflow:auto_cancel": allWork("on_new_commit", "on_job_failure"),
  needs: {
    ...allWork("job", "artifacts", "optional", "parallel"),
    pipeline: accepted("The status of another pipeline is not mirrored; this need is left out."),
    project: accepted("Artifacts of other projects are not fetched; this need is left out."),
    ref: works,
  },
  inherit: allWork("default", "variables"),
  allow_failure: allWork("exit_codes"),
  retry: allWork("max", "when", "exit_codes"),
  parallel: allWork("matrix"),
  artifacts: {
    ...allWork("paths", "exclude", "name", "expire_in", "when", "untracked", "reports"),
    expose_as: accepted("Artifacts are not linked in merge requests; `expose_as` has no effect."),
    public: accepted("Who may read the project may read its artifacts; `public` has no effect."),
    access: accepted("Who may read the project may read its artifacts; `access` has no effect."),
  },
  "artifacts:reports:coverage_report": allWork("coverage_format", "path"),
  cache: {
    ...allWork("key", "paths", "policy", "when", "untracked", "fallback_keys"),
    unprotect: accepted(
      "Caches of protected and other refs are kept apart; `unprotect` has no effect.",
    ),
  },
  "cache:key": {
    ...allWork("files", "prefix"),
    files_commits: accepted("The key is made of what the files hold, as with `files`."),
  },
  environment: {
    ...allWork("name", "url", "on_stop", "action"),
    auto_stop_in: accepted("Environments are not stopped by themselves; play the stop job."),
    deployment_tier: works,
    kubernetes,
  },
  id_tokens: allWork("aud"),
  hooks: allWork("pre_get_sources_script"),
  trigger: {
    ...allWork("include", "strategy", "forward"),
    project: accepted(
      "Pipelines of other projects are not started: the job fails and says so. Use `trigger:include`.",
    ),
    branch: accepted("Pipelines of other projects are not started; `branch` has no effect."),
    inputs: works,
  },
  "trigger:forward": allWork("yaml_variables", "pipeline_variables"),
  include: {
    ...allWork("local", "file", "ref", "rules", "inputs", "integrity", "artifact", "job"),
    remote: { support: "works", note: "Public https addresses only, also behind redirects." },
    project: { support: "works", note: "Projects that are connected here, on the same forge." },
    component: {
      support: "works",
      note: "Of connected projects; the version is a tag, branch or sha.",
    },
    template: {
      support: "works",
      note: "GitLab's own templates are not shipped: copy one and include it as `local`.",
    },
    cache: accepted("Remote files are read anew for each pipeline; `cache` has no effect."),
  },
  "include:rules": allWork("if", "changes", "exists", "when"),
  header: allWork("spec"),
  spec: {
    ...allWork("inputs"),
    component: accepted("`$[[ component.* ]]` is not filled in."),
  },
  "spec:inputs": allWork("default", "type", "options", "regex", "description", "rules"),
  "spec:inputs:rules": allWork("if", "options", "default"),
} satisfies Readonly<Record<string, KeywordTable>>;

export type KeywordSection = keyof typeof keywords;
