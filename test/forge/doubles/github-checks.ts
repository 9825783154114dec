import * as z from "zod/mini";
import type { Call, Reply, Route } from "./api-server.ts";

export type CheckRun = {
  readonly id: number;
  readonly head_sha: string;
  readonly app: { readonly id: number; readonly client_id: string };
  name: string;
  status: string;
  conclusion: string | null;
  external_id: string;
  details_url: string;
  started_at: string;
  completed_at: string | null;
  output: { title: string; summary: string } | null;
};

const output = z.object({ title: z.string(), summary: z.string() });
/** What may be changed of a run. */
const runBody = z.looseObject({
  status: z.exactOptional(z.string()),
  conclusion: z.exactOptional(z.string()),
  started_at: z.exactOptional(z.string()),
  completed_at: z.exactOptional(z.string()),
  output: z.exactOptional(output),
});
const newRunBody = z.looseObject({
  ...runBody.shape,
  name: z.string(),
  head_sha: z.string(),
  external_id: z.string(),
  details_url: z.string(),
});

const conclusions = [
  "action_required",
  "cancelled",
  "failure",
  "neutral",
  "success",
  "skipped",
  "timed_out",
];
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/** GitHub's check runs: written by Apps that may, never without what the documentation requires, and over is over. */
export function githubCheckRoutes(options: {
  readonly runs: CheckRun[];
  readonly list: (call: Call, items: readonly unknown[]) => Reply;
  readonly isCommit: (sha: string) => boolean;
  readonly isApp: (call: Call) => boolean;
  readonly unfit: (call: Call, permission: string) => Reply | undefined;
  readonly invalid: (message: string) => Reply;
}): Route[] {
  const { runs, list, isCommit, isApp, unfit, invalid } = options;
  const repo = "/repos/[^/]+/[^/]+";

  const refuse = (call: Call, run: z.infer<typeof runBody>): Reply | undefined => {
    if (!isApp(call))
      return { status: 403, json: { message: "You must authenticate via a GitHub App." } };
    const refused = unfit(call, "checks");
    if (refused) return refused;
    const { status, conclusion, started_at: start, completed_at: end, output } = run;
    if (status !== undefined && !["queued", "in_progress", "completed"].includes(status))
      return invalid("status is not included in the list");
    if (status === "completed" && conclusion === undefined) return invalid("conclusion is missing");
    if (conclusion !== undefined && !conclusions.includes(conclusion))
      return invalid("conclusion is not included in the list");
    if ([start, end].some((each) => each !== undefined && !time.test(each)))
      return invalid("not a time");
    if (output !== undefined && !(output.title && output.summary && output.summary.length < 65_536))
      return invalid("output needs a title and a summary of at most 65535 characters");
    return undefined;
  };

  /** A conclusion is the end, whatever the status says beside it. */
  const statusIn = (run: z.infer<typeof runBody>): string =>
    run.conclusion === undefined ? (run.status ?? "queued") : "completed";

  return [
    [
      "POST",
      new RegExp(`^${repo}/check-runs$`),
      (call) => {
        const body = newRunBody.parse(call.body);
        const refused = refuse(call, body);
        if (refused) return refused;
        if (!body.name) return invalid("name is missing");
        if (!isCommit(body.head_sha)) return invalid(`No commit found for SHA: ${body.head_sha}`);
        const run: CheckRun = {
          id: runs.length + 1,
          app: { id: 77, client_id: "Iv1.double" },
          conclusion: null,
          started_at: "2026-11-21T08:00:00Z",
          completed_at: null,
          output: null,
          ...body,
          status: statusIn(body),
        };
        runs.push(run);
        return { status: 201, json: run };
      },
    ],
    [
      "PATCH",
      new RegExp(`^${repo}/check-runs/(\\d+)$`),
      (call) => {
        const change = runBody.parse(call.body);
        const refused = refuse(call, change);
        if (refused) return refused;
        const run = runs.find(({ id }) => id === Number(call.params[0]));
        if (run === undefined) return { status: 404, json: { message: "Not Found" } };
        const status = change.status === undefined ? run.status : statusIn(change);
        if (run.status === "completed" && status !== "completed")
          return invalid("a completed check run does not go back");
        return { json: Object.assign(run, change, { status }) };
      },
    ],
    [
      "GET",
      new RegExp(`^${repo}/commits/([^/]+)/check-runs$`),
      (call) => {
        const refused = unfit(call, "checks");
        if (refused) return refused;
        const [sha = ""] = call.params;
        if (!isCommit(sha)) return invalid(`No commit found for SHA: ${sha}`);
        const name = call.query.get("check_name");
        const app = call.query.get("app_id");
        const found = runs.filter(
          (run) =>
            run.head_sha === sha &&
            (name === null || run.name === name) &&
            (app === null || String(run.app.id) === app),
        );
        const latest = found.filter(
          (run) => !found.some((other) => other.name === run.name && other.id > run.id),
        );
        const page = list(call, call.query.get("filter") === "all" ? found : latest);
        return { ...page, json: { total_count: found.length, check_runs: page.json } };
      },
    ],
  ];
}
