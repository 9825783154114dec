import { describe, expect, test } from "vitest";
import { compositeOfKinds, compositeStatus, statusKind } from "#pipeline/composite-status.ts";
import { type Status, statuses } from "#pipeline/status.ts";

type Row = { readonly jobs: string; readonly stages: Status; readonly needs: Status };

/** `!` marks a job that is allowed to fail. */
function jobs(text: string) {
  return text
    .split(" ")
    .filter((word) => word !== "")
    .map((word) => {
      const status = statuses.find((known) => known === word.replace("!", ""));
      if (status === undefined) throw new Error(`no status ${word}`);
      return { status, allowFailure: word.endsWith("!") };
    });
}

/** Each line of GitLab's rules in order, with sets that only that line decides and their neighbours. */
const rows: readonly Row[] = [
  { jobs: "", stages: "success", needs: "success" },
  // 1: a needed job that was skipped, or an optional manual one, skips
  { jobs: "success skipped", stages: "success", needs: "skipped" },
  { jobs: "success manual!", stages: "success", needs: "skipped" },
  { jobs: "failed skipped", stages: "failed", needs: "skipped" },
  { jobs: "failed manual!", stages: "failed", needs: "skipped" },
  { jobs: "running skipped", stages: "running", needs: "skipped" },
  { jobs: "created skipped", stages: "pending", needs: "skipped" },
  // 2: needs that are not all done leave the job waiting
  { jobs: "created", stages: "created", needs: "pending" },
  { jobs: "success created", stages: "running", needs: "pending" },
  { jobs: "failed running", stages: "running", needs: "pending" },
  { jobs: "manual", stages: "manual", needs: "pending" },
  { jobs: "scheduled", stages: "scheduled", needs: "pending" },
  { jobs: "canceling", stages: "canceling", needs: "pending" },
  { jobs: "waiting_for_resource", stages: "waiting_for_resource", needs: "pending" },
  // 3
  { jobs: "skipped", stages: "skipped", needs: "skipped" },
  { jobs: "manual!", stages: "skipped", needs: "skipped" },
  { jobs: "skipped manual!", stages: "skipped", needs: "skipped" },
  // 4
  { jobs: "success", stages: "success", needs: "success" },
  { jobs: "success success", stages: "success", needs: "success" },
  { jobs: "failed!", stages: "success", needs: "success" },
  { jobs: "canceled!", stages: "success", needs: "success" },
  { jobs: "success failed!", stages: "success", needs: "success" },
  { jobs: "failed! skipped", stages: "success", needs: "skipped" },
  { jobs: "failed! manual!", stages: "success", needs: "skipped" },
  // 5
  { jobs: "created failed!", stages: "created", needs: "pending" },
  { jobs: "created manual!", stages: "created", needs: "skipped" },
  // 6
  { jobs: "preparing", stages: "preparing", needs: "pending" },
  { jobs: "preparing failed!", stages: "preparing", needs: "pending" },
  { jobs: "preparing manual!", stages: "preparing", needs: "skipped" },
  // 7
  { jobs: "canceled", stages: "canceled", needs: "canceled" },
  { jobs: "canceled success", stages: "canceled", needs: "canceled" },
  { jobs: "canceled success failed!", stages: "canceled", needs: "canceled" },
  { jobs: "canceled skipped", stages: "canceled", needs: "skipped" },
  { jobs: "canceled manual!", stages: "canceled", needs: "skipped" },
  { jobs: "canceled failed", stages: "failed", needs: "failed" },
  // 8
  { jobs: "pending", stages: "pending", needs: "pending" },
  { jobs: "pending created", stages: "pending", needs: "pending" },
  { jobs: "pending skipped", stages: "pending", needs: "skipped" },
  { jobs: "pending failed!", stages: "pending", needs: "pending" },
  { jobs: "pending manual!", stages: "pending", needs: "skipped" },
  { jobs: "created skipped failed!", stages: "pending", needs: "skipped" },
  // 9
  { jobs: "running", stages: "running", needs: "pending" },
  { jobs: "success pending", stages: "running", needs: "pending" },
  { jobs: "failed pending", stages: "running", needs: "pending" },
  { jobs: "running manual", stages: "running", needs: "pending" },
  { jobs: "running waiting_for_resource", stages: "running", needs: "pending" },
  { jobs: "pending scheduled", stages: "running", needs: "pending" },
  // 10 to 14, in this order
  {
    jobs: "waiting_for_resource waiting_for_callback manual scheduled preparing",
    stages: "waiting_for_resource",
    needs: "pending",
  },
  {
    jobs: "waiting_for_callback manual scheduled preparing created",
    stages: "waiting_for_callback",
    needs: "pending",
  },
  { jobs: "manual scheduled preparing created", stages: "manual", needs: "pending" },
  { jobs: "scheduled preparing created", stages: "scheduled", needs: "pending" },
  { jobs: "preparing created canceling", stages: "preparing", needs: "pending" },
  { jobs: "success manual", stages: "manual", needs: "pending" },
  { jobs: "failed manual", stages: "manual", needs: "pending" },
  { jobs: "canceled manual", stages: "manual", needs: "pending" },
  { jobs: "success scheduled", stages: "scheduled", needs: "pending" },
  // 15
  { jobs: "failed created", stages: "running", needs: "pending" },
  { jobs: "canceled created", stages: "running", needs: "pending" },
  { jobs: "created canceling", stages: "running", needs: "pending" },
  // 16
  { jobs: "success canceling", stages: "canceling", needs: "pending" },
  { jobs: "failed canceling", stages: "canceling", needs: "pending" },
  { jobs: "canceled canceling", stages: "canceling", needs: "pending" },
  // 17
  { jobs: "failed", stages: "failed", needs: "failed" },
  { jobs: "failed success", stages: "failed", needs: "failed" },
  { jobs: "failed failed!", stages: "failed", needs: "failed" },
  { jobs: "failed canceled success failed!", stages: "failed", needs: "failed" },
];

describe("composite status", () => {
  test.for(rows)("of [$jobs] is $stages", (row) => {
    expect(compositeStatus(jobs(row.jobs), "stages")).toBe(row.stages);
  });

  test.for(rows)("of the needs [$jobs] is $needs", (row) => {
    expect(compositeStatus(jobs(row.jobs), "needs")).toBe(row.needs);
  });

  test.for(statuses)("a single %s job gives its own status to its stage", (status) => {
    expect(compositeStatus([{ status, allowFailure: false }], "stages")).toBe(status);
  });

  test("neither order nor number of jobs matters", () => {
    expect(compositeStatus(jobs("failed success running"), "stages")).toBe(
      compositeStatus(jobs("running success success failed failed"), "stages"),
    );
  });

  test("kinds gathered step by step give the same answer", () => {
    const members = jobs("success failed! skipped");
    expect(compositeOfKinds(new Set(members.map(statusKind)), "stages")).toBe("success");
  });
});

describe("a job that is allowed to fail", () => {
  test.for(statuses)("counts with status %s", (status) => {
    const special: Partial<Record<Status, string>> = {
      failed: "warn",
      canceled: "warn",
      manual: "ignored",
    };
    expect(statusKind({ status, allowFailure: true })).toBe(special[status] ?? status);
  });
});
