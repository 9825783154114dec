import type { PipelineFacts } from "../facts.ts";

const skipPattern = /\[(?:ci[ _-]skip|skip[ _-]ci)\]/i;

/**
 * Whether the commit message asks for no pipeline (GitLab Docs, "CI/CD pipelines", skip a pipeline). A
 * pipeline that somebody starts on purpose (web, API, schedule, trigger, parent) runs all the same.
 */
export function isSkipped({ source, commit }: PipelineFacts): boolean {
  const isAutomatic =
    source === "push" ||
    source === "merge_request_event" ||
    source === "external_pull_request_event";
  return isAutomatic && skipPattern.test(commit.message);
}
