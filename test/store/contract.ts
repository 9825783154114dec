import { describe, expect, test } from "vitest";
import type { CreateOutcome } from "#pipeline/create-outcome.ts";
import type { RecordedEvent } from "#pipeline/history.ts";
import type { StoredCommitStatus } from "#store/commit-status-store.ts";
import type { Delivery } from "#store/delivery-store.ts";
import type { Store } from "#store/store.ts";
import type { TokenGrant } from "#store/token-store.ts";
import { defineApprovalContract } from "./approval-contract.ts";
import { defineDeploymentContract } from "./deployment-contract.ts";
import { examplePush } from "./example-events.ts";
import { exampleJob, examplePipeline, toldPipeline } from "./example-pipeline.ts";

const now = "2026-01-01T00:00:00.000Z";
const later = "2026-01-01T02:00:00.000Z";
const ticket = {
  kind: "ticket",
  environmentId: "e-1",
  pipelineId: 1,
  expiresAt: "2026-01-01T01:00:00.000Z",
} satisfies TokenGrant;

const outcomes: readonly CreateOutcome[] = [
  { result: "created", pipelineId: 1, url: "http://slipway/1", status: "pending" },
  { result: "nothing", why: "no job is meant for main" },
];

function delivery(changes: Partial<Delivery> = {}): Delivery {
  return {
    forge: "local",
    project: "demo/app",
    id: "d-1",
    receivedAt: now,
    state: "received",
    events: [examplePush],
    ...changes,
  };
}

function commitStatus(changes: Partial<StoredCommitStatus> = {}): StoredCommitStatus {
  return {
    project: "demo/app",
    sha: "a".repeat(40),
    ref: "main",
    context: "slipway",
    state: "running",
    description: "",
    targetUrl: "http://localhost/1",
    updatedAt: now,
    ...changes,
  };
}

/** What every store promises; `create` gives an empty one. */
export function defineStoreContract(options: { readonly create: () => Promise<Store> }): void {
  describe("pipelines", () => {
    test("ids are unique and rising, iids count per project", async () => {
      const { pipelines } = await options.create();
      const ids = await Promise.all(Array.from({ length: 10 }, () => pipelines.nextId()));
      expect([...ids].sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
      expect(await pipelines.nextIid("a/b")).toBe(1);
      expect(await pipelines.nextIid("a/b")).toBe(2);
      expect(await pipelines.nextIid("a/c")).toBe(1);
    });

    test("ten claims at once of one semantic key are answered with one id", async () => {
      const { pipelines } = await options.create();
      const held = await Promise.all(
        Array.from({ length: 10 }, (_, index) => pipelines.claim("push main", index + 1)),
      );
      expect(new Set(held).size).toBe(1);
      expect(await pipelines.claim("push main", 99)).toBe(held[0]);
      expect(await pipelines.claim("push other", 99)).toBe(99);
    });

    test("a pipeline comes back as it was created, and is created once", async () => {
      const { pipelines } = await options.create();
      const pipeline = examplePipeline();
      expect(await pipelines.create(pipeline)).toBe("created");
      expect(await pipelines.create(pipeline)).toBe("exists");
      expect((await pipelines.get(1))?.value).toEqual(pipeline);
      expect(await pipelines.get(2)).toBeUndefined();
    });

    test("of several writers of one version exactly one saves", async () => {
      const { pipelines } = await options.create();
      const pipeline = examplePipeline();
      await pipelines.create(pipeline);
      const version = (await pipelines.get(1))?.version ?? -1;
      const results = await Promise.all(
        ["x", "y", "z"].map((name) => pipelines.save({ ...pipeline, name }, version)),
      );
      expect(results.filter((result) => result === "saved")).toHaveLength(1);
      const stored = await pipelines.get(1);
      expect(stored?.value.name).toBe(["x", "y", "z"][results.indexOf("saved")]);
      expect(await pipelines.save(pipeline, stored?.version ?? -1)).toBe("saved");
    });

    test("the events of a pipeline are kept with it, in their order, and only by the one who saves", async () => {
      const { pipelines } = await options.create();
      const pipeline = examplePipeline();
      await pipelines.create(pipeline);
      const event = (second: number): RecordedEvent => ({
        at: `2026-11-20T10:00:0${second}Z`,
        event: { type: "job_contact", jobId: second },
      });
      for (const second of [1, 2]) {
        const { version = -1, history } = (await pipelines.get(1)) ?? {};
        const added = [event(second), event(second + 2)];
        const late = { ...history, added: [event(9)] };
        expect(await pipelines.save(pipeline, version, { ...history, added })).toBe("saved");
        expect(await pipelines.save(pipeline, version, late)).toBe("conflict");
      }
      const { version = -1, history = { added: [] } } = (await pipelines.get(1)) ?? {};
      const events = [1, 3, 2, 4].map(event);
      expect(await pipelines.readHistory(history)).toEqual({ events, isFull: false });
      await pipelines.save(pipeline, version);
      const after = await pipelines.get(1);
      expect(await pipelines.readHistory(after?.history ?? { added: [] })).toBeUndefined();
    });

    test("a pipeline that was never created is not saved", async () => {
      const { pipelines } = await options.create();
      expect(await pipelines.save(examplePipeline({ id: 5 }), 1)).toBe("conflict");
      expect(await pipelines.get(5)).toBeUndefined();
    });

    test("lists are newest first, by project, by ref, below an id and up to a limit", async () => {
      const { pipelines } = await options.create();
      for (const [index, [project, ref]] of [
        ["a/a", "main"],
        ["a/a", "dev"],
        ["a/b", "main"],
        ["a/a", "main"],
      ].entries()) {
        await pipelines.create(
          examplePipeline({
            id: index + 9,
            iid: index + 1,
            project: project ?? "",
            ref: ref ?? "",
          }),
        );
      }
      const listedIds = async (filter: Parameters<typeof pipelines.list>[0]) =>
        (await pipelines.list(filter)).map((summary) => summary.id);
      expect(await listedIds({ limit: 10 })).toEqual([12, 11, 10, 9]);
      expect(await listedIds({ limit: 2 })).toEqual([12, 11]);
      expect(await listedIds({ project: "a/a", limit: 10 })).toEqual([12, 10, 9]);
      expect(await listedIds({ project: "a/a", ref: "main", limit: 10 })).toEqual([12, 9]);
      expect(await listedIds({ ref: "main", limit: 2 })).toEqual([12, 11]);
      expect(await listedIds({ project: "a/a", limit: 1, before: 12 })).toEqual([10]);
      expect(await listedIds({ project: "a/x", limit: 10 })).toEqual([]);
      expect((await pipelines.list({ project: "a/b", limit: 1 }))[0]).toEqual({
        id: 11,
        iid: 3,
        forge: "local",
        project: "a/b",
        status: "pending",
        createdAt: now,
        ref: "main",
        sha: "a".repeat(40),
      });
    });

    test("a pipeline is open until its jobs, environments and statuses are done with", async () => {
      const { pipelines } = await options.create();
      const pipeline = examplePipeline();
      await pipelines.create(pipeline);
      await pipelines.create(examplePipeline({ id: 2 }));
      expect(await pipelines.listOpen()).toEqual([1, 2]);
      const done = toldPipeline({
        status: "success",
        jobs: [exampleJob({ status: "success" })],
      });
      expect(await pipelines.save(done, (await pipelines.get(1))?.version ?? -1)).toBe("saved");
      expect(await pipelines.listOpen()).toEqual([2]);
      expect(await pipelines.save(pipeline, (await pipelines.get(1))?.version ?? -1)).toBe("saved");
      expect(await pipelines.listOpen()).toEqual([1, 2]);
    });
  });

  describe("deliveries", () => {
    test("the same delivery is stored once, and a second one is shown the first", async () => {
      const { deliveries } = await options.create();
      expect(await deliveries.put(delivery())).toEqual(delivery());
      await deliveries.mark(delivery(), "queued");
      const second = await deliveries.put(delivery({ receivedAt: later, events: [] }));
      expect(second).toEqual({ ...delivery({ state: "queued" }), queuedAt: expect.any(String) });
      expect(await deliveries.get({ forge: "local", project: "demo/app" }, "d-2")).toBeUndefined();
    });

    test("deliveries of other projects with the same id are others", async () => {
      const { deliveries } = await options.create();
      await deliveries.put(delivery({ project: "a#b", id: "c" }));
      expect(await deliveries.get({ forge: "local", project: "a" }, "b#c")).toBeUndefined();
      expect((await deliveries.get({ forge: "local", project: "a#b" }, "c"))?.project).toBe("a#b");
    });

    test("states move only forward", async () => {
      const { deliveries } = await options.create();
      await deliveries.put(delivery());
      await deliveries.mark(delivery(), "done", outcomes);
      await deliveries.mark(delivery(), "queued");
      await deliveries.mark(delivery(), "done", []);
      expect(await deliveries.get({ forge: "local", project: "demo/app" }, "d-1")).toEqual({
        ...delivery({ state: "done", outcomes }),
        doneAt: expect.any(String),
      });
      await deliveries.mark(delivery({ id: "never stored" }), "done");
      expect(
        await deliveries.get({ forge: "local", project: "demo/app" }, "never stored"),
      ).toBeUndefined();
    });

    test("lists are newest first; the unfinished ones oldest first", async () => {
      const { deliveries } = await options.create();
      for (const [id, receivedAt] of [
        ["d-2", "2026-01-01T00:00:02.000Z"],
        ["d-1", "2026-01-01T00:00:01.000Z"],
        ["d-3", "2026-01-01T00:00:03.000Z"],
      ] as const) {
        await deliveries.put(delivery({ id, receivedAt }));
      }
      await deliveries.mark(delivery({ id: "d-2" }), "done");
      await deliveries.mark(delivery({ id: "d-3" }), "queued");
      expect((await deliveries.list(2)).map(({ id }) => id)).toEqual(["d-3", "d-2"]);
      expect((await deliveries.listUnfinished()).map(({ id }) => id)).toEqual(["d-1", "d-3"]);
    });
  });

  describe("tokens", () => {
    test("a grant is found until it expires or is revoked", async () => {
      const { tokens } = await options.create();
      await tokens.put("hash", ticket);
      await tokens.put("forever", { kind: "access", name: "me" });
      expect(await tokens.get("hash", now)).toEqual(ticket);
      expect(await tokens.get("hash", ticket.expiresAt)).toBeUndefined();
      expect(await tokens.get("unknown", now)).toBeUndefined();
      expect(await tokens.get("forever", "2036-01-01T00:00:00.000Z")).toEqual({
        kind: "access",
        name: "me",
      });
      await tokens.revoke("forever");
      await tokens.revoke("forever");
      expect(await tokens.get("forever", now)).toBeUndefined();
    });

    test("of ten callers who spend a token exactly one gets the grant", async () => {
      const { tokens } = await options.create();
      await tokens.put("hash", ticket);
      const results = await Promise.all(
        Array.from({ length: 10 }, () => tokens.spend("hash", now)),
      );
      const kinds = results.map((result) => (result === "unknown" ? result : result.kind));
      expect(kinds.filter((kind) => kind === "spent")).toHaveLength(9);
      expect(results[kinds.indexOf("ticket")]).toEqual(ticket);
      expect(await tokens.get("hash", now)).toBeUndefined();
    });

    test("a spent token stays spent; an expired or unknown one is unknown", async () => {
      const { tokens } = await options.create();
      await tokens.put("hash", ticket);
      await tokens.spend("hash", now);
      await tokens.put("hash", ticket).catch(() => undefined);
      expect(await tokens.spend("hash", now)).toEqual({ kind: "spent", grant: ticket });
      await tokens.put("late", ticket);
      expect(await tokens.spend("late", later)).toBe("unknown");
      expect(await tokens.spend("never", now)).toBe("unknown");
    });
  });

  describe("projects", () => {
    test("a project is created once, with an id of its own", async () => {
      const { projects } = await options.create();
      const made = await Promise.all(
        Array.from({ length: 5 }, () =>
          projects.ensure({ forge: "local", project: "demo/app" }, now),
        ),
      );
      expect(new Set(made.map(({ id }) => id)).size).toBe(1);
      const other = await projects.ensure({ forge: "gitlab", project: "demo/app" }, now);
      expect(other.id).not.toBe(made[0]?.id);
      expect((await projects.list()).map(({ forge }) => forge).sort()).toEqual(["gitlab", "local"]);
      expect(await projects.get({ forge: "local", project: "demo/none" })).toBeUndefined();
    });

    test("refs seen at the same time are all kept, and can be forgotten", async () => {
      const { projects } = await options.create();
      await projects.ensure({ forge: "local", project: "demo/app" }, now);
      await Promise.all(
        ["refs/heads/a", "refs/heads/b", "refs/tags/v1.0"].map((ref) =>
          projects.setSeenRef({ forge: "local", project: "demo/app" }, ref, `sha of ${ref}`),
        ),
      );
      await projects.setSeenRef({ forge: "local", project: "demo/app" }, "refs/heads/b", undefined);
      expect(await projects.get({ forge: "local", project: "demo/app" })).toMatchObject({
        project: "demo/app",
      });
      expect(await projects.seenRefs({ forge: "local", project: "demo/app" })).toEqual({
        "refs/heads/a": "sha of refs/heads/a",
        "refs/tags/v1.0": "sha of refs/tags/v1.0",
      });
      const of = (ref: string) => projects.seenRef({ forge: "local", project: "demo/app" }, ref);
      expect(await of("refs/heads/a")).toBe("sha of refs/heads/a");
      expect(await of("refs/heads/b")).toBeUndefined();
    });

    test("settings of an unknown project create nothing", async () => {
      const { projects } = await options.create();
      await projects.setSeenRef({ forge: "local", project: "x/y" }, "refs/heads/a", "sha");
      expect(await projects.get({ forge: "local", project: "x/y" })).toBeUndefined();
      expect(await projects.list()).toEqual([]);
    });
  });

  describe("reservations", () => {
    test("are decided by one at a time for each scope", async () => {
      const { reservations } = await options.create();
      expect(await reservations.get("job/1")).toEqual({});
      const add = (scope: string, id: string, most: number) =>
        reservations.change(scope, async (present) =>
          Object.keys(present).length >= most
            ? undefined
            : { ...present, [id]: { name: id, bytes: 5, until: 7 } },
        );
      await Promise.all(Array.from({ length: 12 }, (_, index) => add("job/1", `id/${index}`, 4)));
      expect(Object.values(await reservations.get("job/1"))).toHaveLength(4);
      expect(await reservations.get("job/2")).toEqual({});
      await add("job/2", "one", 4);
      expect(await reservations.get("job/2")).toEqual({ one: { name: "one", bytes: 5, until: 7 } });
      await reservations.change("job/2", async () => ({}));
      expect(await reservations.get("job/2")).toEqual({});
    });

    test("are counted for each scope", async () => {
      const { reservations } = await options.create();
      const counts = await Promise.all([1, 2, 3].map(() => reservations.count("job/1")));
      expect(counts.sort()).toEqual([1, 2, 3]);
      expect(await reservations.count("job/2")).toBe(1);
    });
  });

  describe("commit statuses", () => {
    test("the latest per ref and context is kept", async () => {
      const { commitStatuses } = await options.create();
      await commitStatuses.put(commitStatus());
      await commitStatuses.put(commitStatus({ state: "success" }));
      await commitStatuses.put(commitStatus({ ref: "dev" }));
      await commitStatuses.put(commitStatus({ context: "lint" }));
      await commitStatuses.put(commitStatus({ sha: "b".repeat(40) }));
      const listed = await commitStatuses.list("demo/app", "a".repeat(40));
      expect(listed).toHaveLength(3);
      expect(listed).toContainEqual(commitStatus({ state: "success" }));
      expect(await commitStatuses.list("demo/app", "c".repeat(40))).toEqual([]);
    });
  });

  defineApprovalContract(options);
  defineDeploymentContract(options);
}
