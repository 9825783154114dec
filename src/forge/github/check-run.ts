import type { CommitStatus, StatusRun } from "../forge.ts";
import { shorten } from "../http/text.ts";
import { externalId } from "./external-id.ts";

/** The fields of a check run, the same whether it is made or changed. */
export function checkOf(status: CommitStatus, run: StatusRun) {
  const title = shorten(status.description, 140);
  const coverage = status.coverage === undefined ? "" : `\n\nCoverage: ${status.coverage} %`;
  return {
    name: status.context,
    external_id: externalId(run),
    details_url: status.targetUrl,
    ...progressOf(status.state, run),
    ...(run.startedAt !== undefined && { started_at: inSeconds(run.startedAt) }),
    output: {
      title,
      summary: `${plain(status.description)}\n\n[Pipeline ${run.pipelineId}](${status.targetUrl})${coverage}`,
    },
  };
}

function progressOf(state: CommitStatus["state"], run: StatusRun) {
  if (run.waitsForPerson === true && (state === "pending" || state === "running"))
    return { status: "completed", conclusion: "action_required" } as const;
  switch (state) {
    case "pending":
      return { status: "queued" } as const;
    case "running":
      return { status: "in_progress" } as const;
    case "success":
      return completed(run, run.warns === true ? "neutral" : "success");
    case "failed":
      return completed(run, "failure");
    case "canceled":
      return completed(run, "cancelled");
    case "skipped":
      return completed(run, "skipped");
  }
}

function completed(
  { finishedAt }: StatusRun,
  conclusion: "success" | "failure" | "neutral" | "cancelled" | "skipped",
) {
  return {
    status: "completed" as const,
    conclusion,
    ...(finishedAt !== undefined && { completed_at: inSeconds(finishedAt) }),
  };
}

/** `YYYY-MM-DDTHH:MM:SSZ`, as GitHub documents its times. */
function inSeconds(time: string): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}

/** A summary is Markdown, names of jobs and files are not. */
function plain(text: string): string {
  return text.replaceAll(/[\\`*_[\]<>#|~@!]/g, "\\$&");
}
