import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { JobResponse } from "#runner/protocol.ts";
import { openCacheWrite, readCache } from "#service/artifacts/cache.ts";
import { push, takeNext } from "../driver.ts";
import { makeWorld, type World } from "../world.ts";

let world: World;
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.close());

let commits = 0;
async function jobOn(branch: string, cache: string): Promise<JobResponse> {
  commits += 1;
  const id = await push(world, `job: {script: [x], cache: ${cache}}`, {
    ref: `refs/heads/${branch}`,
    sha: String(commits).padStart(40, "0"),
  });
  return takeNext(world, id);
}

async function save(job: { readonly token: string }, key: string, content: string) {
  const write = await openCacheWrite(world.deps, job.token, key);
  return write?.store(
    (async function* () {
      yield new TextEncoder().encode(content);
    })(),
  );
}

async function load(job: { readonly token: string }, key: string): Promise<string> {
  const found = await readCache(world.deps, job.token, key);
  if (found.answer !== "found" || !("stream" in found.file)) return found.answer;
  const chunks: Uint8Array[] = [];
  for await (const chunk of found.file.stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const keysOf = (job: JobResponse) => job.cache.map(({ key }) => key);

describe("a cache", () => {
  test("of a protected ref has another key than one of any branch, and so have its fallbacks", async () => {
    const cache = "{key: deps, paths: [x], fallback_keys: [other]}";
    const main = await jobOn("main", cache);
    const topic = await jobOn("topic", cache);
    expect(main.cache[0]).toMatchObject({
      key: "deps-protected",
      fallback_keys: ["other-protected"],
    });
    expect(topic.cache[0]).toMatchObject({
      key: "deps-non_protected",
      fallback_keys: ["other-non_protected"],
    });
  });

  test("is written and replaced as a whole, and read by later jobs", async () => {
    const first = await jobOn("topic", "{paths: [x]}");
    expect(keysOf(first)).toEqual(["default-non_protected"]);
    expect(await load(first, "default-non_protected")).toBe("absent");
    expect(await save(first, "default-non_protected", "first, longer")).toBe("stored");
    const second = await jobOn("other", "{paths: [x]}");
    expect(await load(second, "default-non_protected")).toBe("first, longer");
    await Promise.all([
      save(first, "default-non_protected", "a".repeat(100_000)),
      save(second, "default-non_protected", "b".repeat(100_000)),
    ]);
    expect(await load(second, "default-non_protected")).toMatch(/^(a{100000}|b{100000})$/);
  });

  test("of a protected ref can neither be filled nor seen from any branch, the other way it can be read", async () => {
    const main = await jobOn("main", "{paths: [x]}");
    const topic = await jobOn("topic", "{paths: [x]}");
    await save(main, "k-protected", "precious");
    await save(topic, "k-non_protected", "anybody's");
    expect(await save(topic, "k-protected", "poison")).toBeUndefined();
    expect(await save(main, "k-non_protected", "x")).toBeUndefined();
    expect(await load(topic, "k-protected")).toBe("absent");
    expect(await load(main, "k-protected")).toBe("precious");
    expect(await load(main, "k-non_protected")).toBe("anybody's");
  });

  test.for<[string]>([["../../jobs/1/log"], ["a/b"], [".."], ["ä ?%00"], ["x".repeat(900)]])(
    "may have the key %s",
    async ([key]) => {
      const job = await jobOn("topic", "{paths: [x]}");
      const other = `${key}other-non_protected`;
      await save(job, `${key}-non_protected`, "mine");
      expect(await load(job, `${key}-non_protected`)).toBe("mine");
      expect(await load(job, other)).toBe("absent");
      expect(await world.deps.blobs.list("caches/group/app/-/")).toHaveLength(1);
    },
  );

  test("is refused beyond the limit, and the old one stays", async () => {
    const job = await jobOn("topic", "{paths: [x]}");
    await save(job, "k-non_protected", "old");
    expect(await save(job, "k-non_protected", "x".repeat(10_000_001))).toBe("too_large");
    expect(await load(job, "k-non_protected")).toBe("old");
  });

  test("is nothing for tokens of no job, and read-only for a fork's", async () => {
    const job = await jobOn("topic", "{paths: [x]}");
    await save(job, "k-non_protected", "content");
    const { token } = job;
    await world.deps.store.tokens.put(world.deps.hash(token), {
      kind: "job",
      jobId: job.id,
      pipelineId: job.job_info.pipeline_id,
      project: "group/app",
      canPush: false,
      expiresAt: new Date(Date.now() + 60_000).toISOString(),
    });
    expect(await load({ token }, "k-non_protected")).toBe("content");
    expect(await save({ token }, "k-non_protected", "poison")).toBeUndefined();
    expect(await load({ token: "made-up" }, "k-non_protected")).toBe("forbidden");
    expect(await save({ token: "made-up" }, "k-non_protected", "x")).toBeUndefined();
  });
});

describe("a key of files", () => {
  test("changes with their content, and with nothing else", async () => {
    const cache = "{key: {files: [package-lock.json], prefix: node}, paths: [x]}";
    world.files.set("package-lock.json", "{}");
    const first = keysOf(await jobOn("topic", cache));
    world.files.set("other", "changed");
    const second = keysOf(await jobOn("topic", cache));
    world.files.set("package-lock.json", "{ }");
    const third = keysOf(await jobOn("topic", cache));
    expect(first[0]).toMatch(/^node-0_package-lock-[0-9a-f]{40}-non_protected$/);
    expect(second).toEqual(first);
    expect(third[0]).toMatch(/^node-0_package-lock-[0-9a-f]{40}-non_protected$/);
    expect(third).not.toEqual(first);
  });

  test("that are not there is the default key", async () => {
    const job = await jobOn("topic", "{key: {files: [none.lock]}, paths: [x]}");
    expect(keysOf(job)).toEqual(["default-non_protected"]);
  });

  test("may be of patterns", async () => {
    const cache = "{key: {files: ['**/*.lock']}, paths: [x]}";
    world.files.set("a/one.lock", "1");
    const first = keysOf(await jobOn("topic", cache));
    world.files.set("b/two.lock", "2");
    expect(keysOf(await jobOn("topic", cache))).not.toEqual(first);
  });
});
