import { chmod, mkdir, mkdtemp, readdir, readFile, readlink, rm, stat } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openEmbeddedDynamodb } from "#local/data/embedded-dynamodb.ts";
import { dynamodbStore } from "#store/dynamodb/dynamodb.ts";
import { createTable } from "#store/dynamodb/table.ts";
import { beRude } from "../../security/support/rude-client.ts";
import { startWriter } from "./start-writer.ts";

async function dataDirectory(name = ""): Promise<string> {
  const top = await mkdtemp(join(tmpdir(), "slipway-dynamodb-"));
  onTestFinished(() => rm(top, { recursive: true }));
  return join(top, name);
}

/** What the process listens on: local addresses with ports, as Linux has them in hexadecimal (proc(5)). */
async function listensOn(pid: number): Promise<readonly string[]> {
  const links = await Promise.all(
    (await readdir(`/proc/${pid}/fd`)).map((fd) =>
      readlink(`/proc/${pid}/fd/${fd}`).catch(() => ""),
    ),
  );
  const own = new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
  const tables = await Promise.all(
    ["tcp", "tcp6", "udp", "udp6"].map((kind) => readFile(`/proc/${pid}/net/${kind}`, "utf8")),
  );
  return tables
    .flatMap((table) => table.split("\n").slice(1))
    .map((line) => line.trim().split(/ +/))
    .filter((fields) => own.has(fields[9] ?? ""))
    .map((fields) => fields[1] ?? "");
}

test("the embedded database is on no port: only its owner reaches its socket", async () => {
  const directory = await dataDirectory("dynamodb");
  await mkdir(directory, { mode: 0o755 });
  await chmod(directory, 0o755);
  const writer = await startWriter(directory);
  expect(await listensOn(writer.pid)).toEqual([]);
  expect((await stat(join(directory, "dynamodb.sock"))).isSocket()).toBe(true);
  expect((await stat(directory)).mode & 0o777).toBe(0o700);
  await writer.kill();
});

test("a thousand aborted, half-sent and oversized requests do not end its process", async () => {
  const directory = await dataDirectory("dynamodb");
  const writer = await startWriter(directory);
  await beRude({ to: { path: join(directory, "dynamodb.sock") }, paths: ["/"], count: 1000 });
  const before = writer.acknowledged.length;
  await expect.poll(() => writer.acknowledged.length, { timeout: 20_000 }).toBeGreaterThan(before);
  await writer.kill();
});

test("a request over 16 MB is refused, and the next one answered", async () => {
  const { client, socketPath, close } = await openEmbeddedDynamodb(await dataDirectory());
  onTestFinished(close);
  const status = await new Promise((resolve, reject) => {
    const req = request({ socketPath, method: "POST" }, (res) => resolve(res.resume().statusCode));
    req.on("error", reject);
    req.end(Buffer.alloc(16 * 1024 * 1024 + 1, "x"));
  });
  expect(status).toBe(413);
  await createTable(client, "state");
  expect(await dynamodbStore(client, "state").projects.list()).toEqual([]);
});

test.each([
  ["of 103 bytes", 103],
  ["one byte longer", 104],
  ["of the last byte that Linux takes", 107],
  ["beyond it", 108],
  ["far beyond", 900],
])("a directory whose socket has a path %s holds the database", async (_, bytes) => {
  const top = await dataDirectory();
  const rest = bytes - `${top}//dynamodb.sock`.length;
  const names = Array.from({ length: Math.ceil(rest / 200) }, (_name, index) =>
    "d".repeat(Math.min(199, rest - index * 200)),
  );
  const directory = join(top, ...names);
  const first = await openEmbeddedDynamodb(directory);
  await createTable(first.client, "state");
  await dynamodbStore(first.client, "state").projects.ensure(
    { forge: "local", project: "a/b" },
    "2026-01-01",
  );
  await first.reopen();
  expect(await readdir(directory)).toContain("dynamodb.sock");
  expect(await dynamodbStore(first.client, "state").projects.list()).toHaveLength(1);
  await first.close();
  expect(await readdir(directory)).not.toContain("dynamodb.sock");
});

test("a socket that a killed process left behind is taken over", async () => {
  const directory = await dataDirectory();
  const writer = await startWriter(directory);
  await writer.kill();
  expect(await readdir(directory)).toContain("dynamodb.sock");
  const { client, close } = await openEmbeddedDynamodb(directory);
  onTestFinished(close);
  expect(await dynamodbStore(client, "state").pipelines.nextId()).toBeGreaterThan(20);
});
