import { describe, expect, test } from "vitest";
import type { Store } from "#store/store.ts";
import { exampleMergeRequest } from "./example-events.ts";

const question = {
  pipelineId: 1,
  forge: "gitlab",
  project: "group/app",
  mergeRequestIid: 7,
  title: "Mend it",
  sourceProject: "ada/app",
  sha: "a".repeat(40),
  event: exampleMergeRequest,
  askedAt: "2026-01-01T00:00:00.000Z",
};

/** The part of the store contract about leave for merge requests of forks. */
export function defineApprovalContract(options: { readonly create: () => Promise<Store> }): void {
  describe("approvals", () => {
    test("nobody has answered can be withdrawn, those given stay", async () => {
      const { approvals } = await options.create();
      await approvals.ask(question);
      await approvals.ask({ ...question, pipelineId: 2 });
      const given = await approvals.approve(2, "ada", question.askedAt);
      await approvals.withdraw(1);
      await approvals.withdraw(2);
      await approvals.withdraw(3);
      expect(await approvals.get(1)).toBeUndefined();
      expect(await approvals.get(2)).toEqual(given);
    });

    test("given while the question is withdrawn stay, or are not given", async () => {
      const { approvals } = await options.create();
      await approvals.ask(question);
      const [given] = await Promise.all([
        approvals.approve(1, "ada", question.askedAt),
        approvals.withdraw(1),
      ]);
      expect(await approvals.get(1)).toEqual(given);
      await approvals.ask({ ...question, pipelineId: 2 });
      const [, late] = await Promise.all([
        approvals.withdraw(2),
        approvals.approve(2, "ada", question.askedAt),
      ]);
      expect(await approvals.get(2)).toEqual(late);
    });
  });
}
