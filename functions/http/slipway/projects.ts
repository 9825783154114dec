import { Hono } from "hono";
import * as z from "zod/mini";
import type { ServiceDeps } from "#service/deps.ts";
import { commitStatusView } from "#service/view/commit-status-view.ts";
import { deploymentEnvironmentView } from "#service/view/deployment-environment-view.ts";
import { healthView } from "#service/view/health-view.ts";
import { projectView } from "#service/view/project-view.ts";
import { described, projectPath, sha } from "#service/view/schema/parts.ts";
import { operate } from "../operation/operate.ts";
import { noBody, noParameters, operation } from "../operation/operation.ts";

const readHealth = operation({
  id: "readHealth",
  method: "GET",
  path: "/api/slipway/health",
  summary: "Whether the service is up, its address and its version",
  caller: "access_token",
  parameters: noParameters,
  body: noBody,
  answers: [{ status: 200, what: "It is up.", json: "Health" }],
  errors: [],
});

const listProjects = operation({
  id: "listProjects",
  method: "GET",
  path: "/api/slipway/projects",
  summary: "All projects that something was pushed to",
  caller: "access_token",
  parameters: noParameters,
  body: noBody,
  answers: [{ status: 200, what: "The projects.", json: "ProjectList" }],
  errors: [],
});

const listDeploymentEnvironments = operation({
  id: "listDeploymentEnvironments",
  method: "GET",
  path: "/api/slipway/deployment-environments",
  summary: "The deployment environments of a project",
  caller: "access_token",
  parameters: z.object({
    project: described(
      z.string({ error: "is missing: name the project, ?project=…" }),
      "Path of the project.",
    ),
  }),
  body: noBody,
  answers: [
    {
      status: 200,
      what: "The deployment environments, by name.",
      json: "DeploymentEnvironmentList",
    },
  ],
  errors: [],
});

const listCommitStatuses = operation({
  id: "listCommitStatuses",
  method: "GET",
  path: "/api/slipway/statuses/:sha/:project{.+}",
  summary: "The statuses of a commit of the built-in git host",
  caller: "access_token",
  parameters: z.object({ sha, project: projectPath }),
  body: noBody,
  answers: [
    {
      status: 200,
      what: "The latest status of each ref and context.",
      json: "CommitStatusList",
    },
  ],
  errors: [],
});

export const projectOperations = [
  readHealth,
  listProjects,
  listDeploymentEnvironments,
  listCommitStatuses,
];

/** The service itself, and what it knows of projects. */
export function projectRoutes(service: ServiceDeps): Hono {
  const app = new Hono();
  const { projects, deployments, commitStatuses } = service.store;

  operate(app, readHealth, async () => ({ body: healthView(service) }));

  operate(app, listProjects, async () => ({ body: (await projects.list()).map(projectView) }));

  operate(app, listDeploymentEnvironments, async ({ parameters }) => ({
    body: (await deployments.list(parameters.project)).map(deploymentEnvironmentView),
  }));

  operate(app, listCommitStatuses, async ({ parameters }) => ({
    body: (await commitStatuses.list(parameters.project, parameters.sha)).map(commitStatusView),
  }));

  return app;
}
