import type { FC } from "hono/jsx";
import type { JobView } from "#service/view/job-view.ts";
import type { PipelineView } from "#service/view/pipeline-view.ts";
import { Badge, Layout } from "./layout.tsx";
import { between } from "./time.ts";

const refreshSeconds = 2;

export const PipelinePage: FC<{ pipeline: PipelineView; now: string }> = ({ pipeline, now }) => {
  const open = pipeline.finished_at === undefined && pipeline.stages.length > 0;
  return (
    <Layout
      title={`Pipeline ${pipeline.id}: ${pipeline.status}`}
      refresh={open ? refreshSeconds : undefined}
    >
      <nav>
        <a href="/">Pipelines</a> / {pipeline.project}
      </nav>
      <h1>
        <Badge status={pipeline.status} /> Pipeline {pipeline.id} · {pipeline.title}
      </h1>
      <div class="facts">
        <span>
          ref <code>{pipeline.ref}</code>
        </span>
        <span>
          commit <code>{pipeline.sha.slice(0, 8)}</code>
        </span>
        <span>by {pipeline.source}</span>
        {pipeline.parent === undefined ? null : (
          <span>
            child of <a href={new URL(pipeline.parent.url).pathname}>{pipeline.parent.id}</a>
          </span>
        )}
        {pipeline.coverage === undefined ? null : <span>coverage {pipeline.coverage} %</span>}
        <span>created {pipeline.created_at}</span>
        {pipeline.started_at === undefined ? null : (
          <span>took {between(pipeline.started_at, pipeline.finished_at ?? now)}</span>
        )}
      </div>
      {pipeline.problems.length === 0 ? null : (
        <div class="problems">
          {pipeline.problems.map((problem) => (
            <pre>{problem}</pre>
          ))}
        </div>
      )}
      <div class="stages">
        {pipeline.stages.map((stage) => (
          <section class="stage">
            <h2>
              {stage.name} <Badge status={stage.status} />
            </h2>
            {stage.jobs.map((job) => (
              <JobCard job={job} now={now} />
            ))}
          </section>
        ))}
      </div>
      {pipeline.retried.length === 0 ? null : (
        <section>
          <h2>Earlier attempts</h2>
          {pipeline.retried.map((job) => (
            <JobCard job={job} now={now} />
          ))}
        </section>
      )}
    </Layout>
  );
};

const JobCard: FC<{ job: JobView; now: string }> = ({ job, now }) => (
  <a class="job" href={new URL(job.url).pathname}>
    <Badge status={job.status} /> {job.name}
    <small>
      {job.started_at === undefined
        ? job.queued_at === undefined
          ? ""
          : `waiting ${between(job.queued_at, now)} for a runner`
        : between(job.started_at, job.finished_at ?? now)}
      {job.failure_reason === undefined ? "" : ` · ${job.failure_reason}`}
      {job.exit_code === undefined ? "" : ` (exit code ${job.exit_code})`}
      {job.coverage === undefined ? "" : ` · coverage ${job.coverage} %`}
      {job.child === undefined ? "" : ` · pipeline ${job.child.id}`}
      {job.allow_failure && job.status === "failed" ? " · allowed to fail" : ""}
    </small>
  </a>
);
