import { Hono } from "hono";
import * as z from "zod/mini";
import { isSamePath } from "#pipeline/project-key.ts";
import type { ServiceDeps } from "#service/deps.ts";
import { approvalView, approvedView } from "#service/view/approval-view.ts";
import { described } from "#service/view/schema/parts.ts";
import { operate } from "../operation/operate.ts";
import { noBody, operation } from "../operation/operation.ts";
import { idOf, onlyProject } from "../operation/parameters.ts";

const mostListed = 100;
const nameError = { error: "is a name of up to 100 letters" };

const listApprovals = operation({
  id: "listApprovals",
  method: "GET",
  path: "/api/slipway/approvals",
  summary: "Merge requests from forks that wait for a member's yes, newest first",
  caller: "access_token",
  parameters: z.object({ project: onlyProject }),
  body: noBody,
  answers: [{ status: 200, what: "At most a hundred.", json: "ApprovalList" }],
  errors: [],
});

const approve = operation({
  id: "approve",
  method: "POST",
  path: "/api/slipway/approvals/:id{[0-9]+}",
  summary: "Let a fork's commit be built; whoever approves first stays, and there is one pipeline",
  caller: "access_token",
  parameters: z.object({ id: described(idOf("pipeline"), "`pipeline_id` of what waits.") }),
  body: z.object({
    by: z.exactOptional(
      described(
        z
          .string(nameError)
          .check(
            z.minLength(1, nameError),
            z.maxLength(100, nameError),
            z.regex(/^[^\p{Cc}]+$/u, nameError),
          ),
        "Who approves; `access token` when left out.",
      ),
    ),
  }),
  answers: [{ status: 200, what: "It is approved.", json: "Approved" }],
  errors: ["unknown_approval", "forge_unavailable"],
});

export const approvalOperations = [listApprovals, approve];

/** What waits for a member's yes, and the yes; behind the API's access token. */
export function approvalRoutes(service: ServiceDeps): Hono {
  const app = new Hono();

  operate(app, listApprovals, async ({ parameters: { project } }) => {
    const waiting = await service.store.approvals.listWaiting(mostListed);
    const asked = waiting.filter(
      (each) => project === undefined || isSamePath(each.project, project),
    );
    return { body: asked.map(approvalView) };
  });

  operate(app, approve, async ({ parameters: { id }, body }) => {
    // Makes pipelines, for which it brings the compiler along.
    const { approveFork } = await import("#service/create/approve-fork.ts");
    const done = await approveFork(service, id, body.by ?? "access token");
    return done.result === "unknown"
      ? {
          refused: "unknown_approval",
          message: `Nothing waits for approval as pipeline ${id}: it may have been closed, or replaced by a newer commit's. \`slipway approve\` lists what waits.`,
        }
      : { body: approvedView(id, done.by, done.outcome) };
  });

  return app;
}
