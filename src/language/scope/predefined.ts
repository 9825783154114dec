import type { PipelineFacts, PipelineIdentity, UserFacts } from "../facts.ts";
import type { Variable } from "../variables.ts";
import { commitVariables } from "./predefined-commit.ts";
import { mergeRequestVariables } from "./predefined-merge-request.ts";
import { projectVariables, serverVariables } from "./predefined-project.ts";
import { FREE_TEXT, toVariables } from "./to-variables.ts";

/**
 * Predefined variables that exist before the pipeline does (GitLab Docs, "Predefined CI/CD variables
 * reference"), usable in `include`, `workflow` and `rules`. Left out: what GitLab has for Pages, Kubernetes,
 * the dependency proxy, deploy freezes, and what only a runner knows (`CI_PROJECT_DIR`, `CI_RUNNER_*`).
 */
export function predefinedVariables(facts: PipelineFacts): Variable[] {
  const isTriggered = facts.source === "trigger" ? "true" : undefined;
  return [
    ...serverVariables(facts.server),
    ...projectVariables(facts.project, facts.server.registry),
    ...toVariables({
      CI_PIPELINE_SOURCE: facts.source,
      CI_PIPELINE_TRIGGERED: isTriggered,
      CI_BUILD_TRIGGERED: isTriggered,
    }),
    ...commitVariables(facts),
    ...mergeRequestVariables(facts),
  ];
}

/** `GITLAB_USER_*`: who started the pipeline, or the manual job. They win over variables of the configuration. */
export function userVariables(user: UserFacts): Variable[] {
  return [
    ...toVariables({ GITLAB_USER_ID: String(user.id), GITLAB_USER_LOGIN: user.login }),
    ...toVariables({ GITLAB_USER_NAME: user.name, GITLAB_USER_EMAIL: user.email }, FREE_TEXT),
  ];
}

/** What exists once the pipeline does: `CI_PIPELINE_IID`, `_NAME`, `_CREATED_AT`, `_ID`, `_URL`. */
export function pipelineIdentityVariables(pipeline: PipelineIdentity): Variable[] {
  return [
    ...toVariables({
      CI_PIPELINE_IID: String(pipeline.iid),
      CI_PIPELINE_ID: String(pipeline.id),
      CI_PIPELINE_URL: pipeline.url,
      CI_PIPELINE_CREATED_AT: pipeline.createdAt,
    }),
    ...toVariables({ CI_PIPELINE_NAME: pipeline.name }, FREE_TEXT),
  ];
}
