import { Hono } from "hono";
import * as z from "zod/mini";
import type { CreateOutcome } from "#pipeline/create-outcome.ts";
import { isSamePath } from "#pipeline/project-key.ts";
import type { ServiceDeps } from "#service/deps.ts";
import type { Approval } from "#store/approval-store.ts";

const mostListed = 100;
const approveSchema = z.object({
  by: z.optional(z.string().check(z.minLength(1), z.maxLength(100), z.regex(/^[^\p{Cc}]+$/u))),
});

/** What waits for a member's yes, and the yes; behind the API's access token. */
export function approvalRoutes(service: ServiceDeps): Hono {
  const app = new Hono();

  app.get("/api/slipway/approvals", async (context) => {
    const project = context.req.query("project");
    const waiting = await service.store.approvals.listWaiting(mostListed);
    return context.json(
      waiting
        .filter((each) => project === undefined || isSamePath(each.project, project))
        .map(approvalView),
    );
  });

  app.post("/api/slipway/approvals/:id{[0-9]+}", async (context) => {
    const body = approveSchema.safeParse(await context.req.json().catch(() => ({})));
    if (!body.success) return context.json({ error: "`by` is a name of up to 100 letters." }, 400);
    const id = Number(context.req.param("id"));
    const { approveFork } = await import("#service/create/approve-fork.ts");
    const done = await approveFork(service, id, body.data.by ?? "access token");
    if (done.result === "unknown") {
      return context.json(
        {
          error: `Nothing waits for approval as pipeline ${id}: it may have been closed, or replaced by a newer commit's. \`slipway approve\` lists what waits.`,
        },
        404,
      );
    }
    return context.json({ pipeline_id: id, approved_by: done.by, ...outcomeView(done.outcome) });
  });

  return app;
}

export type ApprovalView = ReturnType<typeof approvalView>;

export type ApprovedView = {
  readonly pipeline_id: number;
  readonly approved_by: string;
} & ReturnType<typeof outcomeView>;

function approvalView(approval: Approval) {
  return {
    pipeline_id: approval.pipelineId,
    project: approval.project,
    merge_request: approval.mergeRequestIid,
    title: approval.title,
    source_project: approval.sourceProject,
    sha: approval.sha,
    asked_at: approval.askedAt,
  };
}

function outcomeView(outcome: CreateOutcome) {
  return outcome.result === "created"
    ? { result: outcome.result, status: outcome.status, url: outcome.url }
    : { result: outcome.result, why: outcome.why };
}
