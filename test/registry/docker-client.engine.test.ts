import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { findDockerClient } from "#local/setup/engine/docker-client.ts";
import { findEngine } from "#local/setup/engine/engine.ts";
import { distributionRegistry } from "#registry/distribution.ts";
import { type Docker, dockerClient, startRealRegistry } from "./real-registry.ts";

const client = await findDockerClient();
const engine = await findEngine();
if (client === undefined) throw new Error("There is no Docker client here: npm run setup");
if (engine === undefined) throw new Error("No Docker Engine answers: npm run setup");

const oldJob = { kind: "job", jobId: 1, project: "demo/app", canPush: true } as const;
/** So far in the past that what it issues has run out already, leeway of a minute included. */
let clockOffset = 0;

describe("the Docker client at the registry", () => {
  let real: Awaited<ReturnType<typeof startRealRegistry>>;
  let config: string;
  let docker: Docker;
  const images: string[] = [];

  beforeAll(async () => {
    real = await startRealRegistry({ now: () => Date.now() + clockOffset });
  });

  beforeEach(async () => {
    config = await mkdtemp(join(tmpdir(), "slipway-docker-"));
    docker = dockerClient(client?.path ?? "", config, engine ?? "");
    real.tokens.grants.clear();
    real.tokens.grants.set("job-token", oldJob);
    clockOffset = 0;
  });

  afterEach(async () => {
    if (images.length > 0) await docker("rmi", "--force", ...images.splice(0));
    await rm(config, { recursive: true });
  });

  afterAll(async () => {
    await real?.close();
  });

  function login(password: string, user = "gitlab-ci-token") {
    return docker("login", "--username", user, "--password", password, real.host);
  }

  /** A new image of one small file, on the engine only. */
  async function makeImage(repository: string, tag: string): Promise<string> {
    const name = `${real.host}/${repository}:${tag}`;
    await promisify(execFile)("sh", [
      "-c",
      'd=$(mktemp -d) && date +%N >"$d/now" && tar -C "$d" -c . | "$0" -H "$1" import - "$2" && rm -r "$d"',
      client?.path ?? "",
      `unix://${engine}`,
      name,
    ]);
    images.push(name);
    return name;
  }

  test("logs in with a live token under any name, and is refused otherwise", async () => {
    expect(await login("job-token")).toMatchObject({ ok: true });
    expect(await login("job-token", "AWS")).toMatchObject({ ok: true });
    const refused = await login("guessed");
    expect(refused.ok).toBe(false);
    expect(refused.output).toMatch(/unauthorized|401/);
  });

  test("pushes the job's own project and below, and pulls it again", async () => {
    await login("job-token");
    for (const repository of ["demo/app", "demo/app/cache/amd64"]) {
      const image = await makeImage(repository, "v1");
      expect(await docker("push", image)).toMatchObject({ ok: true });
      await docker("rmi", image);
      expect(await docker("pull", image)).toMatchObject({ ok: true });
    }
  });

  test("is denied every other project, to push and to pull", async () => {
    real.tokens.grants.set("other", { ...oldJob, jobId: 2, project: "demo/other" });
    await login("other");
    const image = await makeImage("demo/other", "v1");
    expect(await docker("push", image)).toMatchObject({ ok: true });
    await login("job-token");
    const pushed = await docker("push", image);
    expect(pushed.ok).toBe(false);
    expect(pushed.output).toMatch(/denied/);
    await docker("rmi", image);
    expect((await docker("pull", image)).ok).toBe(false);
  });

  test("is refused as soon as the job is over", async () => {
    await login("job-token");
    const image = await makeImage("demo/app", "late");
    real.tokens.grants.delete("job-token");
    const pushed = await docker("push", image);
    expect(pushed.ok).toBe(false);
    expect(pushed.output).toMatch(/unauthorized|denied/);
    expect((await login("job-token")).ok).toBe(false);
  });

  test("a deploy token pulls and does not push", async () => {
    await login("job-token");
    const image = await makeImage("demo/app", "deployed");
    await docker("push", image);
    real.tokens.grants.set("deploy", { kind: "deploy", name: "server", project: "demo/app" });
    await login("deploy");
    await docker("rmi", image);
    expect(await docker("pull", image)).toMatchObject({ ok: true });
    expect((await docker("push", await makeImage("demo/app", "deployed"))).ok).toBe(false);
  });

  test("pushes layers that came from a project it may not read, by uploading them", async () => {
    real.tokens.grants.set("other", { ...oldJob, jobId: 2, project: "demo/base" });
    await login("other");
    const base = await makeImage("demo/base", "v1");
    await docker("push", base);
    await login("job-token");
    const image = `${real.host}/demo/app:from-base`;
    await docker("tag", base, image);
    images.push(image);
    expect(await docker("push", image)).toMatchObject({ ok: true });
  });

  test("pulls base images without logging in, and nothing else", async () => {
    real.tokens.grants.set("owner", { kind: "access", name: "owner" });
    await login("owner");
    const base = await makeImage("library/base", "latest");
    expect(await docker("push", base)).toMatchObject({ ok: true });
    const own = await makeImage("demo/app", "private");
    await docker("push", own);
    await docker("logout", real.host);
    await docker("rmi", base, own);
    expect(await docker("pull", base)).toMatchObject({ ok: true });
    expect((await docker("pull", own)).ok).toBe(false);
  });

  test("finds a tag that the service pointed elsewhere, and none that it deleted", async () => {
    await login("job-token");
    const image = await makeImage("demo/app", "candidate");
    await docker("push", image);
    const registry = distributionRegistry({ host: real.host, keys: real.keys });
    await registry.retag("demo/app", "candidate", "latest");
    await registry.deleteTag("demo/app", "candidate");
    const latest = `${real.host}/demo/app:latest`;
    images.push(latest);
    expect(await docker("pull", latest)).toMatchObject({ ok: true });
    await docker("rmi", image);
    expect((await docker("pull", image)).ok).toBe(false);
  });

  test("a token that was given out before is worth nothing after its end", async () => {
    const ask = async () => {
      const url = `http://${real.host}/jwt/auth?service=x&scope=repository:demo/app:pull`;
      const authorization = `Basic ${Buffer.from("u:job-token").toString("base64")}`;
      const answer = await fetch(url, { headers: { authorization } });
      const { token } = (await answer.json()) as { token: string };
      const headers = { authorization: `Bearer ${token}` };
      return fetch(`http://${real.host}/v2/demo/app/tags/list`, { headers });
    };
    await login("job-token");
    await docker("push", await makeImage("demo/app", "v1"));
    expect((await ask()).status).toBe(200);
    clockOffset = -121_000;
    expect((await ask()).status).toBe(401);
  });
});
