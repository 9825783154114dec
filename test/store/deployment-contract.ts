import { describe, expect, test } from "vitest";
import type { Deployment } from "#store/deployment-store.ts";
import type { Store } from "#store/store.ts";

const now = "2026-01-01T00:00:00.000Z";
const later = "2026-01-01T02:00:00.000Z";

/** What every store promises of resource groups and deployments; `create` gives an empty one. */
export function defineDeploymentContract(options: { readonly create: () => Promise<Store> }): void {
  describe("resource groups", () => {
    test("one job holds the group, the others get it in order of asking", async () => {
      const { resources } = await options.create();
      expect(await resources.holder("p", "production")).toBeUndefined();
      expect(await resources.acquire("p", "production", 1)).toBe("acquired");
      expect(await resources.acquire("p", "production", 2)).toBe("waiting");
      expect(await resources.holder("p", "production")).toBe(1);
      expect(await resources.acquire("p", "production", 3)).toBe("waiting");
      expect(await resources.acquire("p", "production", 1)).toBe("acquired");
      expect(await resources.acquire("p", "staging", 9)).toBe("acquired");
      expect(await resources.release("p", "production", 1)).toBe(2);
      expect(await resources.release("p", "production", 1)).toBe(2);
      expect(await resources.acquire("p", "production", 2)).toBe("acquired");
      expect(await resources.release("p", "production", 3)).toBe(2);
      expect(await resources.release("p", "production", 2)).toBeUndefined();
      expect(await resources.release("p", "production", 2)).toBeUndefined();
      expect(await resources.acquire("p", "production", 3)).toBe("acquired");
    });

    test("of jobs that ask at once exactly one holds the group and none is forgotten", async () => {
      const { resources } = await options.create();
      const jobs = [1, 2, 3, 4, 5];
      const answers = await Promise.all(jobs.map((job) => resources.acquire("p", "g", job)));
      expect(answers.filter((answer) => answer === "acquired")).toHaveLength(1);
      let holder: number | undefined = (answers.indexOf("acquired") ?? 0) + 1;
      const held = new Set<number>();
      while (holder !== undefined) {
        held.add(holder);
        holder = await resources.release("p", "g", holder);
      }
      expect([...held].sort()).toEqual(jobs);
    });
  });

  describe("deployments", () => {
    const production = { name: "production", slug: "production", tier: "production" };
    const deployment = (changes: Partial<Deployment> = {}): Deployment => ({
      jobId: 100_001,
      jobName: "deploy",
      pipelineId: 1,
      action: "start",
      status: "success",
      ref: "main",
      sha: "a".repeat(40),
      by: "ada",
      startedAt: now,
      finishedAt: later,
      ...changes,
    });

    test("a job is recorded once, and its end is final", async () => {
      const { deployments } = await options.create();
      const { finishedAt: _, ...running } = deployment({ status: "running" });
      await deployments.record("p", production, running);
      await deployments.record("p", production, deployment({ status: "failed" }));
      await deployments.record("p", production, running);
      expect(await deployments.list("p")).toEqual([
        { ...production, deployments: [deployment({ status: "failed" })] },
      ]);
    });

    test("environments are listed by name, their deployments newest first, other projects' apart", async () => {
      const { deployments } = await options.create();
      const staging = { name: "staging", slug: "staging", tier: "staging" };
      await deployments.record("p", staging, deployment({ jobId: 3 }));
      await deployments.record("p", production, deployment({ jobId: 2, startedAt: later }));
      await deployments.record("p", production, deployment({ jobId: 1 }));
      await deployments.record("q", production, deployment({ jobId: 9 }));
      const found = await deployments.list("p");
      expect(found.map(({ name }) => name)).toEqual(["production", "staging"]);
      expect(found[0]?.deployments.map(({ jobId }) => jobId)).toEqual([2, 1]);
      expect(await deployments.list("nobody")).toEqual([]);
    });

    test("recorded at once are all kept, but not for ever", async () => {
      const { deployments } = await options.create();
      const jobs = Array.from({ length: 5 }, (_, index) => index + 1);
      await Promise.all(
        jobs.map((jobId) => deployments.record("p", production, deployment({ jobId }))),
      );
      expect((await deployments.list("p"))[0]?.deployments).toHaveLength(5);
      for (let jobId = 6; jobId <= 60; jobId++) {
        await deployments.record("p", production, deployment({ jobId }));
      }
      const [environment] = await deployments.list("p");
      expect(environment?.deployments).toHaveLength(50);
      expect(environment?.deployments[0]?.jobId).toBe(60);
    });
  });
}
