import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  RegistryFrontProblem,
  registryFrontState,
  type StartRegistryFront,
  startRegistryFront,
  stopRegistryFront,
} from "#local/registry/front.ts";
import { readFrontProcess } from "#local/registry/front-options.ts";
import { openRegistryKeys } from "#local/registry/keys.ts";
import { isProcessOf } from "#local/registry/process.ts";
import { digestOf } from "#registry/manifest.ts";
import {
  freePort,
  listenOnLoopback,
  registryBinary,
  startTokenService,
} from "../../registry/real-registry.ts";

async function prepare(changes: Partial<StartRegistryFront> = {}) {
  const directory = await mkdtemp(join(tmpdir(), "slipway-front-"));
  const keys = await openRegistryKeys(directory);
  const tokens = await startTokenService(keys);
  tokens.grants.set("owner", { kind: "access", name: "owner" });
  const options: StartRegistryFront = {
    directory,
    registryBinary,
    host: "127.0.0.1",
    port: await freePort(),
    addresses: ["127.0.0.1"],
    serviceUrl: `http://127.0.0.1:${tokens.port}`,
    keys,
    ...changes,
  };
  onTestFinished(async () => {
    await stopRegistryFront(directory);
    await tokens.close();
    await rm(directory, { recursive: true });
  });
  return { options, tokens, url: `http://127.0.0.1:${options.port}` };
}

async function tokenFrom(url: string, scope: string): Promise<string> {
  const authorization = `Basic ${Buffer.from("u:owner").toString("base64")}`;
  const answer = await fetch(`${url}/jwt/auth?service=s&scope=${scope}`, {
    headers: { authorization },
  });
  if (answer.status !== 200) throw new Error(`no token: ${answer.status} ${await answer.text()}`);
  return ((await answer.json()) as { token: string }).token;
}

async function registryPid(directory: string): Promise<number> {
  const found = await readFrontProcess(directory);
  if (found?.registryPid === undefined) throw new Error("no registry was started");
  return found.registryPid;
}

describe("the registry's front", () => {
  test("outlives the process that started it, and is found again by the next one", async () => {
    const { options, url } = await prepare();
    const starter = spawn(
      process.execPath,
      [
        "--import",
        "tsx",
        fileURLToPath(new URL("registry-front-starter.ts", import.meta.url)),
        options.directory,
        options.registryBinary,
        String(options.port),
        options.serviceUrl,
      ],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    onTestFinished(() => void starter.kill("SIGKILL"));
    const [line] = await once(starter.stdout, "data");
    starter.kill("SIGKILL");
    await once(starter, "exit");
    expect((await fetch(`${url}/v2/`)).status).toBe(401);
    const again = await startRegistryFront(options);
    expect(again.pid).toBe(Number(String(line)));
    expect(await registryFrontState(options.directory)).toMatchObject({
      state: "running",
      pid: again.pid,
      registry: "up",
      listening: ["127.0.0.1"],
    });
  });

  test("sends clients to its own door for tokens, and holds them there until the service is back", async () => {
    const { options, tokens, url } = await prepare();
    await startRegistryFront(options);
    const challenge = (await fetch(`${url}/v2/`)).headers.get("www-authenticate");
    expect(challenge).toContain(`realm="${url}/jwt/auth"`);
    await tokens.close();
    const asking = tokenFrom(url, "registry:catalog:*");
    await new Promise((resolve) => setTimeout(resolve, 150));
    const back = await startTokenService(options.keys, { port: tokens.port });
    onTestFinished(back.close);
    back.grants.set("owner", { kind: "access", name: "owner" });
    const headers = { authorization: `Bearer ${await asking}` };
    expect((await fetch(`${url}/v2/_catalog`, { headers })).status).toBe(200);
  });

  test("follows the service to another port without a restart", async () => {
    const { options, tokens, url } = await prepare();
    const front = await startRegistryFront(options);
    await tokens.close();
    const moved = await startTokenService(options.keys);
    onTestFinished(moved.close);
    moved.grants.set("owner", { kind: "access", name: "owner" });
    const serviceUrl = `http://127.0.0.1:${moved.port}`;
    expect((await startRegistryFront({ ...options, serviceUrl })).pid).toBe(front.pid);
    expect(await tokenFrom(url, "registry:catalog:*")).toMatch(/^ey/);
  });

  test("starts a registry anew that died, and an upload in flight goes on", async () => {
    const { options, url } = await prepare();
    await startRegistryFront(options);
    const token = await tokenFrom(url, "repository:demo/app:pull,push");
    const headers = {
      authorization: `Bearer ${token}`,
      "content-type": "application/octet-stream",
    };
    const send = async (method: string, location: string, body?: Uint8Array<ArrayBuffer>) => {
      const target = new URL(location, url);
      return fetch(target, { method, headers, ...(body === undefined ? {} : { body }) });
    };
    const blob = new Uint8Array(3_000_000).map((_, index) => index % 251);
    const started = await send("POST", "/v2/demo/app/blobs/uploads/");
    const half = await send(
      "PATCH",
      started.headers.get("location") ?? "",
      blob.slice(0, 1_500_000),
    );
    expect(half.status).toBe(202);

    const before = await registryPid(options.directory);
    process.kill(before, "SIGKILL");
    // A request without a body finds the next registry even if it meets the dying one.
    expect((await send("GET", "/v2/")).status).toBe(200);
    const rest = await send("PATCH", half.headers.get("location") ?? "", blob.slice(1_500_000));
    expect(rest.status).toBe(202);
    expect(await registryPid(options.directory)).not.toBe(before);
    const last = new URL(rest.headers.get("location") ?? "", url);
    last.searchParams.set("digest", digestOf(blob));
    expect((await send("PUT", last.href)).status).toBe(201);
    const stored = await send("GET", `/v2/demo/app/blobs/${digestOf(blob)}`);
    expect(digestOf(new Uint8Array(await stored.arrayBuffer()))).toBe(digestOf(blob));
  });

  test("leaves nothing behind when it is stopped, also a registry whose front was killed", async () => {
    const { options, url } = await prepare();
    const front = await startRegistryFront(options);
    await fetch(`${url}/v2/`);
    const first = await registryPid(options.directory);
    process.kill(front.pid, "SIGKILL");
    await expect.poll(() => isProcessOf(front.pid, [options.directory])).toBe(false);
    expect(await registryFrontState(options.directory)).toEqual({ state: "stopped" });

    const second = await startRegistryFront(options);
    expect(second.pid).not.toBe(front.pid);
    expect(await isProcessOf(first, [options.directory])).toBe(false);
    await fetch(`${url}/v2/`);
    const registry = await registryPid(options.directory);
    expect(await stopRegistryFront(options.directory)).toBe(true);
    expect(await stopRegistryFront(options.directory)).toBe(false);
    expect(await isProcessOf(registry, [options.directory])).toBe(false);
    await expect(fetch(`${url}/v2/`)).rejects.toThrow();
  });

  test("is started anew when its settings changed", async () => {
    const { options, url } = await prepare();
    const first = await startRegistryFront(options);
    const second = await startRegistryFront({ ...options, host: "localhost" });
    expect(second.pid).not.toBe(first.pid);
    expect((await fetch(`${url}/v2/`)).headers.get("www-authenticate")).toContain("//localhost:");
  });

  test("says so when its port is taken by another program", async () => {
    const other = createServer();
    const port = await listenOnLoopback(other);
    onTestFinished(() => void other.close());
    const { options } = await prepare({ port });
    const starting = startRegistryFront(options);
    await expect(starting).rejects.toThrow(RegistryFrontProblem);
    await expect(starting).rejects.toThrow(`Port ${port}`);
  });

  test("goes on trying with a registry that does not start, and says what is wrong", async () => {
    const { options } = await prepare({ registryBinary: "/nonexistent/docker-registry" });
    await startRegistryFront(options);
    await expect
      .poll(() => registryFrontState(options.directory))
      .toMatchObject({ registry: "down", problem: expect.stringContaining("ENOENT") });
  });

  test("keeps what nobody else may read from them", async () => {
    const { options } = await prepare();
    await startRegistryFront(options);
    for (const file of ["front-options.json", "front.json", "token-keys.json", "registry.log"]) {
      expect((await stat(join(options.directory, file))).mode & 0o077).toBe(0);
    }
    const privateKey = JSON.parse(
      await readFile(join(options.directory, "token-keys.json"), "utf8"),
    ) as { privateKey: string };
    const read = await readFile(join(options.directory, "front-options.json"), "utf8");
    expect(read).not.toContain(privateKey.privateKey.slice(40, 80));
  });
});
