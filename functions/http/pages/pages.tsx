import { type Context, Hono } from "hono";
import { openArtifact } from "#service/artifacts/download-artifacts.ts";
import { isoNow } from "#service/deps.ts";
import { type JobOfPipeline, readJob } from "#service/read-job.ts";
import { jobView } from "#service/view/job-view.ts";
import { pipelineSummaryView } from "#service/view/pipeline-summary-view.ts";
import { pipelineView } from "#service/view/pipeline-view.ts";
import { readLog } from "#service/view/read-log.ts";
import type { AppDeps } from "../app-deps.ts";
import { artifactResponse } from "../artifact-response.ts";
import { IndexPage } from "./index-page.tsx";
import { followScript, JobPage } from "./job-page.tsx";
import { pageHeaders } from "./page-headers.ts";
import { PipelinePage } from "./pipeline-page.tsx";
import { plainLog } from "./plain-log.ts";

const listed = 50;
const nothing = new Uint8Array();
const headers = Object.entries(pageHeaders([followScript]));

/** The pages at the URLs that pushes and statuses print; they only read. */
export function pageRoutes(deps: Pick<AppDeps, "service" | "mayReadPages">): Hono {
  const { service } = deps;
  const app = new Hono();

  const guarded = async (context: Context, page: () => Promise<Response>): Promise<Response> => {
    for (const [name, value] of headers) context.header(name, value);
    if (await deps.mayReadPages(context.req.raw)) return page();
    // Has the browser ask its user (RFC 7617).
    context.header("www-authenticate", 'Basic realm="Slipway", charset="UTF-8"');
    return context.text("Sign in: any name, and an access token as the password.", 401);
  };

  app.get("/", (context) =>
    guarded(context, async () => {
      const pipelines = await service.store.pipelines.list({ limit: listed });
      return context.html(<IndexPage pipelines={pipelines.map(pipelineSummaryView)} />);
    }),
  );

  app.get("/:project{.+}/-/pipelines/:id{[0-9]+}", (context) =>
    guarded(context, async () => {
      const stored = await service.store.pipelines.get(Number(context.req.param("id")));
      const approval =
        stored === undefined
          ? await service.store.approvals.get(Number(context.req.param("id")))
          : undefined;
      if (approval?.state === "waiting" && approval.project === context.req.param("project")) {
        return context.text(
          `Pipeline ${approval.pipelineId} is not made yet: merge request !${approval.mergeRequestIid} comes from the fork ${approval.sourceProject}.\nRead what it changes (commit ${approval.sha}), then let it run:\n\n  slipway approve ${approval.pipelineId}\n`,
        );
      }
      if (stored === undefined || stored.value.project !== context.req.param("project")) {
        return context.text("There is no such pipeline.", 404);
      }
      return context.html(
        <PipelinePage pipeline={pipelineView(stored.value)} now={isoNow(service)} />,
      );
    }),
  );

  /** Undefined where the job is none, or another project's than the address says. */
  const findJob = async (context: Context): Promise<JobOfPipeline | undefined> => {
    const found = await readJob(service, Number(context.req.param("id")));
    return found?.pipeline.project === context.req.param("project") ? found : undefined;
  };

  const ofJob = (
    context: Context,
    page: (found: JobOfPipeline) => Promise<Response>,
  ): Promise<Response> =>
    guarded(context, async () => {
      const found = await findJob(context);
      return found === undefined ? context.text("There is no such job.", 404) : page(found);
    });

  app.get("/:project{.+}/-/jobs/:id{[0-9]+}", (context) =>
    ofJob(context, async ({ pipeline, job }) => {
      const log = await readLog(service, job.id, { offset: 0, waitMilliseconds: 0 });
      const shown = plainLog(log?.bytes ?? nothing, { complete: log?.complete ?? true });
      return context.html(
        <JobPage
          pipeline={pipelineView(pipeline)}
          job={jobView(pipeline, job)}
          log={shown.text}
          offset={shown.usedBytes}
          complete={log?.complete ?? true}
        />,
      );
    }),
  );

  app.get("/:project{.+}/-/jobs/:id{[0-9]+}/trace", (context) =>
    ofJob(context, async ({ job }) => {
      const offset = Math.max(0, Number(context.req.query("offset") ?? 0) || 0);
      const log = await readLog(service, job.id, { offset, waitMilliseconds: 0 });
      const shown = plainLog(log?.bytes ?? nothing, { complete: log?.complete ?? true });
      context.header("X-Slipway-Offset", String(offset + shown.usedBytes));
      context.header("X-Slipway-Complete", String(log?.complete ?? true));
      return context.text(shown.text);
    }),
  );

  app.get("/:project{.+}/-/jobs/:id{[0-9]+}/artifacts/download", (context) =>
    ofJob(context, async ({ job }) => {
      const type = context.req.query("file_type") ?? "archive";
      const answer = await openArtifact(service, job.id, type);
      return answer.answer === "found"
        ? artifactResponse(answer)
        : context.text("There are no such artifacts (any more).", 404);
    }),
  );

  return app;
}
