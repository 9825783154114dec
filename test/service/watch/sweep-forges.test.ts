import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Forge, ForgeError, type HookReport } from "#forge/forge.ts";
import { receiveWebhook } from "#service/delivery/receive-webhook.ts";
import { readForgeNotes } from "#service/watch/forge-notes.ts";
import { lookAtForge } from "#service/watch/look-at-forge.ts";
import { sweepForges } from "#service/watch/sweep-forges.ts";
import { makeWorld, project, type World } from "../world.ts";

const minute = 60_000;
const team = { forge: "team", project };
const a = "a".repeat(40);
const b = "b".repeat(40);
const c = "c".repeat(40);

let world: World;
/** The forge's branches and tags. */
let refs: Map<string, string>;
let clock: number;
let isAway: boolean;
let hook: HookReport | undefined;
let resent: string[];
beforeEach(async () => {
  world = await makeWorld();
  world.files.set(".gitlab-ci.yml", "build: { script: [make] }\n");
  refs = new Map([["refs/heads/main", a]]);
  clock = 0;
  isAway = false;
  hook = undefined;
  resent = [];
  const local = world.deps.forges.get("local");
  if (local === undefined) throw new Error("The world has no forge.");
  const forge: Forge = {
    ...local,
    name: "gitlab",
    client: (path) => ({
      ...local.client(path),
      listRefs: async () => {
        if (isAway) throw new ForgeError("The forge is away.", { retryable: true });
        return [...refs].map(([ref, sha]) => ({ ref, sha }));
      },
    }),
    sent: () => ({
      inspect: async (_path, wanted) => {
        if (hook === undefined) throw new ForgeError("Forbidden.", { retryable: false });
        const failed = [];
        for (const one of hook.failed) if (await wanted(one.id)) failed.push(one);
        return { ...hook, failed };
      },
      resend: async (_hookId, handle) => {
        resent.push(handle);
      },
      wake: async () => "asleep",
    }),
  };
  const known = await world.deps.settings({ forge: "local", project });
  const secret = await world.deps.secrets.get(`webhook/local/${project}`);
  for (const value of secret) await world.deps.secrets.rotate(`webhook/team/${project}`, value);
  Object.assign(world.deps, {
    forges: new Map([["team", forge]]),
    settings: async () => known && { ...known, forge: "team" },
    connected: async () => [team],
    now: () => Date.now() + clock,
  });
});
afterEach(() => world.close());

/** As the minutes go by: every project has had its turn, and one more where something seemed lost. */
async function minutes(count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    clock += minute;
    await sweepForges(world.deps);
    await world.settle();
  }
}

async function pipelines() {
  await world.settle();
  const all = await world.deps.store.pipelines.list({ project, limit: 100 });
  return all.map(({ ref, sha }) => `${ref} ${sha.slice(0, 1)}`).sort();
}

async function tell(options: Parameters<World["webhook"]>[0]): Promise<void> {
  await receiveWebhook({ ...world.deps, now: Date.now }, team, world.webhook(options));
  await world.settle();
}

describe("the sweep of a forge", () => {
  test("builds nothing of a project that it sees for the first time", async () => {
    refs.set("refs/heads/old", b).set("refs/tags/v1", c);
    await minutes(30);
    expect(await pipelines()).toEqual([]);
  });

  test("builds a push that was never told of, once, whoever tells of it later", async () => {
    await minutes(11);
    refs.set("refs/heads/main", b);
    await minutes(13);
    expect(await pipelines()).toEqual(["main b"]);
    // As the forge saw it: it knows of a push between that nobody told of.
    await tell({ id: "late", ref: "refs/heads/main", before: c, sha: b });
    await minutes(30);
    expect(await pipelines()).toEqual(["main b"]);
  });

  test("builds every tag of a push of many, for which forges send nothing", async () => {
    await minutes(11);
    for (let tag = 1; tag <= 5; tag++) refs.set(`refs/tags/v${tag}`, a);
    await minutes(13);
    expect(await pipelines()).toEqual(["v1 a", "v2 a", "v3 a", "v4 a", "v5 a"]);
  });

  test("leaves alone what its webhook told of", async () => {
    await minutes(11);
    refs.set("refs/heads/main", b);
    await tell({ id: "in-time", ref: "refs/heads/main", before: a, sha: b });
    await minutes(30);
    expect(await pipelines()).toEqual(["main b"]);
    expect(await world.deps.store.deliveries.list(10)).toHaveLength(1);
  });

  test("leaves alone what a delivery in the queue tells of", async () => {
    await minutes(11);
    refs.set("refs/heads/main", b);
    const { send } = world.deps.queue;
    Object.assign(world.deps.queue, { send: async () => undefined });
    await tell({ id: "queued", ref: "refs/heads/main", before: a, sha: b });
    await minutes(13);
    Object.assign(world.deps.queue, { send });
    expect(await world.deps.store.deliveries.list(10)).toHaveLength(1);
  });

  test("finds going back to an old commit, and a branch that is gone", async () => {
    await minutes(11);
    await tell({ id: "1", ref: "refs/heads/main", before: a, sha: b });
    await tell({ id: "2", ref: "refs/heads/side", sha: c });
    await minutes(13);
    const before = await world.deps.store.projects.seenRefs({ forge: "team", project });
    expect(Object.keys(before)).toEqual(["refs/heads/main"]);
    expect(await pipelines()).toEqual(["main a", "main b", "side c"]);
  });

  test("does not believe a forge that names no refs at all", async () => {
    await minutes(11);
    await tell({ id: "1", ref: "refs/heads/main", before: a, sha: b });
    refs.clear();
    await minutes(13);
    const stored = await world.deps.store.projects.seenRefs({ forge: "team", project });
    expect(stored).toEqual({ "refs/heads/main": b });
  });

  test("finds afterwards what happened while the forge was away", async () => {
    await minutes(11);
    isAway = true;
    refs.set("refs/heads/main", b);
    await minutes(30);
    expect(await readForgeNotes(world.deps, team)).toMatchObject({ problem: "The forge is away." });
    isAway = false;
    await minutes(13);
    expect(await pipelines()).toEqual(["main b"]);
    expect((await readForgeNotes(world.deps, team))?.problem).toBeUndefined();
  });

  test("takes at most fifty refs at a time, and the others later", async () => {
    await minutes(11);
    for (let tag = 0; tag < 60; tag++) refs.set(`refs/tags/v${tag}`, a);
    // Nothing to build is enough to see what is handled.
    world.files.clear();
    const handled: number[] = [];
    for (let look = 0; look < 2; look++) {
      await lookAtForge(world.deps, team, { patience: false });
      await world.settle();
      const stored = await world.deps.store.projects.seenRefs({ forge: "team", project });
      handled.push(Object.keys(stored).length);
    }
    expect(handled).toEqual([50, 60]);
  });

  test("looks less often at a project with thousands of refs", async () => {
    for (let branch = 0; branch < 4000; branch++) refs.set(`refs/heads/b${branch}`, a);
    await minutes(11);
    let looks = 0;
    let before = (await readForgeNotes(world.deps, team))?.lookedAt;
    for (let minutesGone = 0; minutesGone < 60; minutesGone++) {
      await minutes(1);
      const lookedAt = (await readForgeNotes(world.deps, team))?.lookedAt;
      if (lookedAt !== before) looks += 1;
      before = lookedAt;
    }
    expect(looks).toBe(3);
  });

  test("looks at each of many projects once in ten minutes, not at all at once", async () => {
    const keys = Array.from({ length: 60 }, (_, index) => ({
      forge: "team",
      project: `p/${index}`,
    }));
    const looked: string[] = [];
    const forge = world.deps.forges.get("team");
    if (forge === undefined) throw new Error("The world has no forge.");
    const counted: Forge = {
      ...forge,
      client: (path) => {
        looked.push(path);
        return forge.client(path);
      },
    };
    Object.assign(world.deps, {
      connected: async () => keys,
      forges: new Map([["team", counted]]),
    });
    await minutes(10);
    looked.length = 0;
    let most = 0;
    for (let index = 0; index < 10; index++) {
      const before = looked.length;
      await minutes(1);
      most = Math.max(most, looked.length - before);
    }
    expect([...looked].sort()).toEqual(keys.map((key) => key.project).sort());
    expect(most).toBeLessThan(20);
  });
});

describe("slipway sync", () => {
  test("builds at once what was missed and says what it found", async () => {
    expect(await lookAtForge(world.deps, team, { patience: false })).toMatchObject({ first: true });
    refs.set("refs/heads/main", b).set("refs/heads/new", c);
    const look = await lookAtForge(world.deps, team, { patience: false });
    expect(look).toMatchObject({
      first: false,
      found: [
        { ref: "refs/heads/main", before: a, sha: b },
        { ref: "refs/heads/new", before: undefined, sha: c },
      ],
      delivery: expect.stringMatching(/^found-/),
    });
    expect(await pipelines()).toEqual(["main b", "new c"]);
    expect(await lookAtForge(world.deps, team, { patience: false })).toMatchObject({ found: [] });
  });
});

describe("deliveries that the forge could not hand over", () => {
  const common = {
    project: { id: 1, path: project, url: "", defaultBranch: "main", visibility: "private" },
    user: { id: 1, login: "ada", name: "Ada", email: "" },
  } as const;
  const push = (id: string, sha: string) => ({
    id,
    handle: `handle-${id}`,
    events: [
      { kind: "push", ref: "refs/heads/main", before: a, sha, pushOptions: [], ...common } as const,
    ],
  });

  test("are asked for again, three times at most, unless they are older than the first look", async () => {
    hook = { id: 1, state: "active", failed: [push("old", a)] };
    await minutes(11);
    refs.set("refs/heads/main", b);
    hook = { id: 1, state: "active", failed: [push("new", b), push("old", a)] };
    for (let look = 0; look < 5; look++) {
      await lookAtForge(world.deps, team, { patience: true });
    }
    expect(resent).toEqual(["handle-new", "handle-new", "handle-new"]);
  });

  test("are left alone once another push overtook them, or once they came", async () => {
    hook = { id: 1, state: "active", failed: [] };
    await minutes(11);
    refs.set("refs/heads/main", c);
    hook = { id: 1, state: "active", failed: [push("overtaken", b), push("came", c)] };
    await tell({ id: "came", ref: "refs/heads/main", before: a, sha: c });
    await minutes(30);
    expect(resent).toEqual([]);
    expect(await pipelines()).toEqual(["main c"]);
  });

  test("leave word when the forge has turned the webhook off, until it uses it again", async () => {
    const warnings: string[] = [];
    Object.assign(world.deps, {
      log: (level: string, message: string) => level === "warn" && warnings.push(message),
    });
    hook = { id: 1, state: "disabled", hint: "Press Test.", failed: [] };
    const look = await lookAtForge(world.deps, team, { patience: true });
    expect(look.hint).toBe("Press Test.");
    expect(warnings).toEqual(["the forge does not use its webhook"]);
    hook = { id: 1, state: "active", failed: [] };
    await lookAtForge(world.deps, team, { patience: true });
    expect((await readForgeNotes(world.deps, team))?.hook).toBeUndefined();
  });
});
