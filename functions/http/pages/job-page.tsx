import { raw } from "hono/html";
import type { FC } from "hono/jsx";
import type { JobView } from "#service/view/job-view.ts";
import type { PipelineView } from "#service/view/pipeline-view.ts";
import { Badge, Layout } from "./layout.tsx";

/** Follows the log: asks for what is new, ANSI colours and section marks taken out by the server. */
export const followScript = `
const log = document.getElementById("log");
let offset = Number(log.dataset.offset);
async function more() {
  const answer = await fetch(log.dataset.source + "?offset=" + offset);
  if (!answer.ok) return setTimeout(more, 3000);
  const text = await answer.text();
  offset = Number(answer.headers.get("x-slipway-offset"));
  const atEnd = innerHeight + scrollY >= document.body.offsetHeight - 40;
  if (text) log.append(text);
  if (text && atEnd) scrollTo(0, document.body.scrollHeight);
  if (answer.headers.get("x-slipway-complete") === "true") {
    if (log.dataset.ended !== "true") location.replace(location.pathname);
    return;
  }
  setTimeout(more, 500);
}
if (log.dataset.complete !== "true") more();
`;

export const JobPage: FC<{
  pipeline: PipelineView;
  job: JobView;
  log: string;
  offset: number;
  complete: boolean;
}> = ({ pipeline, job, log, offset, complete }) => (
  <Layout title={`Job ${job.name}: ${job.status}`}>
    <nav>
      <a href="/">Pipelines</a> / {pipeline.project} /{" "}
      <a href={new URL(pipeline.url).pathname}>Pipeline {pipeline.id}</a>
    </nav>
    <h1>
      <Badge status={job.status} /> {job.name}
    </h1>
    <div class="facts">
      <span>stage {job.stage}</span>
      {job.failure_reason === undefined ? null : <span>failed: {job.failure_reason}</span>}
      {job.coverage === undefined ? null : <span>coverage {job.coverage} %</span>}
      {job.failure_message === undefined ? null : <span>{job.failure_message}</span>}
      {job.child === undefined ? null : (
        <span>
          child pipeline <a href={new URL(job.child.url).pathname}>{job.child.id}</a>
        </span>
      )}
      {job.exit_code === undefined ? null : <span>exit code {job.exit_code}</span>}
      {job.environment === undefined ? null : (
        <span>
          environment {job.environment}
          {provisioned(job)}
        </span>
      )}
      {(job.artifacts ?? []).map(({ type, filename, size, url }) => (
        <a href={downloadPath(url)} title={`${type}, ${size} bytes`}>
          {filename}
        </a>
      ))}
    </div>
    <pre
      class="log"
      id="log"
      data-offset={offset}
      data-complete={String(complete)}
      data-ended={String(job.finished_at !== undefined)}
      data-source={`${new URL(job.url).pathname}/trace`}
    >
      {log}
    </pre>
    <script>{raw(followScript)}</script>
  </Layout>
);

function provisioned({ provisioning_seconds: seconds, waited_seconds: waited }: JobView): string {
  const line = waited === undefined ? "" : `, ${waited} s in line for build capacity`;
  if (seconds === undefined) return line;
  return seconds === 0 ? `${line}, warm` : `${line}, provisioned in ${seconds} s`;
}

function downloadPath(url: string): string {
  const { pathname, search } = new URL(url);
  return pathname + search;
}
