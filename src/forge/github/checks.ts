import type { z } from "zod/mini";
import { type CommitStatus, ForgeError, type StatusRun } from "../forge.ts";
import { type ForgeAnswer, type ForgeHttp, type ForgeRequest, readAnswer } from "../http/http.ts";
import * as answers from "./answers.ts";
import { checkOf } from "./check-run.ts";
import { externalId } from "./external-id.ts";

export type GitHubCheckOptions = {
  /** With tokens of an App that may write checks. */
  readonly http: ForgeHttp;
  /** Client id, or the app's number. */
  readonly appId: string;
  /** `/repos/owner/name` */
  readonly base: string;
};

type CheckRun = z.infer<typeof answers.checkRuns>["check_runs"][number];

const pageSize = 100;
/** GitHub keeps no more runs of one name (GitHub Docs: Create a check run). */
const mostPages = 10;

/**
 * Reports a run as a check run of its commit. A completed check run never changes; a restarted run gets a new one. Finds
 * the check run of an earlier attempt, so it is idempotent. Returns "not_permitted" if the App lacks `checks: write`
 * (GitHub Docs: REST API endpoints for check runs).
 */
export async function postCheckRun(
  { http, appId, base }: GitHubCheckOptions,
  status: CommitStatus,
  run: StatusRun,
): Promise<"told" | "not_permitted"> {
  async function change(request: ForgeRequest): Promise<void> {
    const answer = await http({ ...request, expect: [422] });
    if (answer.status === 422)
      throw new ForgeError(
        `GitHub refused the check run of ${status.sha}: ${answer.text.slice(0, 200)}`,
        { retryable: false },
      );
  }

  /** All of this run and its earlier attempts, newest first. */
  async function known(): Promise<readonly CheckRun[]> {
    const all: CheckRun[] = [];
    for (let page = 1; page <= mostPages; page++) {
      const answer: ForgeAnswer = await http({
        path: `${base}/commits/${status.sha}/check-runs`,
        query: {
          check_name: status.context,
          ...(/^\d+$/.test(appId) && { app_id: appId }),
          filter: "all",
          per_page: pageSize,
          page,
        },
        expect: [422],
      });
      if (answer.status === 422) break;
      all.push(...readAnswer(answers.checkRuns, answer, "check runs").check_runs);
      if (!(answer.headers.get("link") ?? "").includes('rel="next"')) break;
    }
    const own = `${run.pipelineId}`;
    return all
      .filter(({ external_id: id }) => id === own || id?.startsWith(`${own}/`))
      .filter(({ app }) => isOwn(app, appId))
      .sort((one, other) => other.id - one.id);
  }

  async function tell(): Promise<void> {
    const wanted = checkOf(status, run);
    const runs = await known();
    const newest = runs.find((each) => each.external_id === externalId(run));
    const isOver = wanted.status === "completed";
    if (newest === undefined || (newest.status === "completed" && !isOver)) {
      const body = { ...wanted, head_sha: status.sha };
      await change({ method: "POST", path: `${base}/check-runs`, body });
    } else if (newest.status !== "in_progress" || wanted.status !== "queued") {
      await change({ method: "PATCH", path: `${base}/check-runs/${newest.id}`, body: wanted });
    }
    if (!isOver) return;
    // A check run that a lost answer or an earlier attempt left open would be shown as running for ever.
    for (const { id, status: its } of runs.filter((each) => each !== newest)) {
      if (its === "completed") continue;
      const { external_id: _, ...body } = wanted;
      await change({ method: "PATCH", path: `${base}/check-runs/${id}`, body });
    }
  }

  try {
    await tell();
    return "told";
  } catch (error) {
    if (isNotPermitted(error)) return "not_permitted";
    throw error;
  }
}

/** 403 means that the token lacks the right. 422 means that the installation lacks the right, so no token is issued. */
function isNotPermitted(error: unknown): boolean {
  return (
    error instanceof ForgeError &&
    !error.retryable &&
    (error.status === 403 || error.status === 422)
  );
}

/** Other Apps may use the same name, and only one's own runs can be changed. */
function isOwn(app: CheckRun["app"], appId: string): boolean {
  if (!app) return true;
  if (/^\d+$/.test(appId)) return String(app.id) === appId;
  return !app.client_id || app.client_id === appId;
}
