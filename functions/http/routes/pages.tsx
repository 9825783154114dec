import { type Context, Hono } from "hono";
import { isoNow } from "#service/deps.ts";
import { pipelineIdOfJob } from "#service/keys.ts";
import { readLog } from "#service/read-log.ts";
import { jobView, pipelineView } from "#service/view.ts";
import type { AppDeps } from "../app.ts";
import { IndexPage } from "../views/index-page.tsx";
import { JobPage } from "../views/job-page.tsx";
import { PipelinePage } from "../views/pipeline-page.tsx";
import { plainLog } from "../views/plain-log.ts";
import { downloadArtifact } from "./artifacts.ts";

const listed = 50;

/** The pages at the URLs that pushes and statuses print; they only read. */
export function pageRoutes(deps: Pick<AppDeps, "service" | "mayReadPages">): Hono {
  const { service } = deps;
  const app = new Hono();

  const guarded = async (context: Context, page: () => Promise<Response>): Promise<Response> =>
    (await deps.mayReadPages(context.req.raw))
      ? page()
      : context.text("You may not read this page.", 403);

  app.get("/", (context) =>
    guarded(context, async () => {
      const pipelines = await service.store.pipelines.list({ limit: listed });
      return context.html(<IndexPage pipelines={pipelines} />);
    }),
  );

  app.get("/:project{.+}/-/pipelines/:id{[0-9]+}", (context) =>
    guarded(context, async () => {
      const stored = await service.store.pipelines.get(Number(context.req.param("id")));
      if (stored === undefined || stored.value.project !== context.req.param("project")) {
        return context.text("There is no such pipeline.", 404);
      }
      return context.html(
        <PipelinePage pipeline={pipelineView(stored.value)} now={isoNow(service)} />,
      );
    }),
  );

  app.get("/:project{.+}/-/jobs/:id{[0-9]+}", (context) =>
    guarded(context, async () => {
      const jobId = Number(context.req.param("id"));
      const stored = await service.store.pipelines.get(pipelineIdOfJob(jobId));
      const job = stored?.value.jobs.find((candidate) => candidate.id === jobId);
      const log = await readLog(service, jobId, { offset: 0, waitMilliseconds: 0 });
      if (stored === undefined || job === undefined || log === undefined) {
        return context.text("There is no such job.", 404);
      }
      return context.html(
        <JobPage
          pipeline={pipelineView(stored.value)}
          job={jobView(stored.value, job)}
          log={plainLog(log.bytes)}
          offset={log.bytes.byteLength}
          complete={log.complete}
        />,
      );
    }),
  );

  app.get("/:project{.+}/-/jobs/:id{[0-9]+}/trace", (context) =>
    guarded(context, async () => {
      const offset = Number(context.req.query("offset") ?? 0) || 0;
      const log = await readLog(service, Number(context.req.param("id")), {
        offset,
        waitMilliseconds: 0,
      });
      if (log === undefined) return context.text("There is no such job.", 404);
      context.header("X-Slipway-Offset", String(offset + log.bytes.byteLength));
      context.header("X-Slipway-Complete", String(log.complete));
      return context.text(plainLog(log.bytes));
    }),
  );

  app.get("/:project{.+}/-/jobs/:id{[0-9]+}/artifacts/download", (context) =>
    guarded(context, () => downloadArtifact(service, context)),
  );

  return app;
}
