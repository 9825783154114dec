import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openEmbeddedDynamodb } from "#local/data/embedded-dynamodb.ts";
import { holderIn } from "#local/data/lock-holder.ts";
import { describeDataDisk, describeRegistry, inspectData } from "#local/doctor/doctor-data.ts";
import type { RegistryFrontState } from "#local/registry/front.ts";

let data: string;
const children: ChildProcess[] = [];
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), "slipway-doctor-"));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await rm(data, { recursive: true, force: true });
});

async function stateOf(name: string) {
  return (await inspectData(data)).find((requirement) => requirement.name === name);
}

async function usedBefore(port = 4480): Promise<void> {
  const config = { installation: "abcd1234", port, registryPort: port + 1 };
  await writeFile(join(data, "config.json"), JSON.stringify(config));
}

/** A process with the word in its command line, which does nothing. */
async function processCalled(word: string): Promise<number> {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1e6)", word]);
  children.push(child);
  await once(child, "spawn");
  return child.pid ?? 0;
}

describe("a data directory", () => {
  test("that no service has used needs nothing", async () => {
    expect(await inspectData(data)).toEqual([]);
    expect(await inspectData(join(data, "nowhere"))).toEqual([]);
  });

  test("whose configuration is broken says so", async () => {
    await writeFile(join(data, "config.json"), "{");
    expect(await inspectData(data)).toMatchObject([{ state: "missing", name: "Data directory" }]);
  });

  test("whose service was stopped is as it should be", async () => {
    await usedBefore();
    const requirements = await inspectData(data);
    expect(requirements.map(({ name, state }) => [name, state])).toEqual([
      ["Service", "found"],
      ["Image registry", "found"],
      ["Disk of the data", "found"],
    ]);
  });

  test("whose service was killed names its process and how to start it", async () => {
    await usedBefore();
    const other = await processCalled("something-else");
    await writeFile(join(data, "service.pid"), `${other}\n`);
    await writeFile(join(data, "service.log"), "one\ntwo\nFATAL: heap out of memory\n");
    const service = await stateOf("Service");
    expect(service).toMatchObject({
      state: "missing",
      howToGet: expect.stringContaining(`slipway up --detach --data ${data}`),
    });
    expect(service?.detail).toContain(`process ${other} is gone`);
    expect(service?.detail).toContain("FATAL: heap out of memory");
    expect(await stateOf("Image registry")).toMatchObject({ state: "missing" });
  });

  test("whose service hangs is told from one that is gone", async () => {
    await usedBefore(1);
    const pid = await processCalled("slipway.js");
    await writeFile(join(data, "service.pid"), `${pid}\n`);
    const service = await stateOf("Service");
    expect(service?.detail).toContain(`process ${pid} runs but does not answer on port 1`);
  });

  test.skipIf(process.platform !== "linux")(
    "whose state another process has open names that process",
    async () => {
      await usedBefore();
      await mkdir(join(data, "dynamodb"), { recursive: true });
      const database = await openEmbeddedDynamodb(join(data, "dynamodb"));
      try {
        const state = await stateOf("State");
        expect(state).toMatchObject({ state: "missing" });
        expect(state?.detail).toContain(`in use by process ${process.pid}`);
      } finally {
        await database.close();
      }
      expect(await stateOf("State")).toBeUndefined();
    },
  );
});

const config = { installation: "a", port: 4480, registryPort: 4481 };
const running = { state: "running", pid: 7, log: "/nowhere/registry.log", instance: "i" } as const;
const listening = ["127.0.0.1", "172.17.0.1"];

describe("the registry of a service that is up", () => {
  test.each<[RegistryFrontState, string, string]>([
    [{ ...running, registry: "up", listening }, "found", "up at 127.0.0.1, 172.17.0.1"],
    [
      { ...running, registry: "up", listening: ["127.0.0.1"], problem: "172.17.0.1 is not there" },
      "warning",
      "172.17.0.1 is not there",
    ],
    [
      { ...running, registry: "down", listening, problem: "exit code 2" },
      "missing",
      "CNCF Distribution does not run: exit code 2",
    ],
    [
      { state: "unresponsive", pid: 7, log: running.log },
      "missing",
      "does not answer on port 4481",
    ],
    [{ state: "stopped" }, "missing", "nothing can be pushed or pulled at port 4481"],
  ])("%j is %s: %s", async (registry, state, detail) => {
    const service = { state: "up", pid: 6, url: "http://localhost:4480" } as const;
    const told = await describeRegistry(registry, service, "/nowhere", config);
    expect(told).toMatchObject({ state, detail: expect.stringContaining(detail) });
  });
});

const mebibyte = 2 ** 20;

describe("the disk of the data", () => {
  test.each([
    [{ bytes: 5000 * mebibyte, inodes: 1e6, reserved: true }, "found", "5000 MiB free"],
    [{ bytes: 5000 * mebibyte, reserved: false }, "found", "5000 MiB free"],
    [{ bytes: 500 * mebibyte, inodes: 1e6, reserved: true }, "warning", "500 MiB free"],
    [{ bytes: 12 * mebibyte, inodes: 1e6, reserved: true }, "missing", "full: 12 MiB free"],
    [{ bytes: 0, inodes: 1e6, reserved: false }, "missing", "was given up"],
    [{ bytes: 5000 * mebibyte, inodes: 3, reserved: true }, "missing", "inodes"],
  ])("%j is %s: %s", (room, state, detail) => {
    const told = describeDataDisk("/data", room);
    expect(told).toMatchObject({ state, detail: expect.stringContaining(detail) });
    expect(told.howToGet !== undefined).toBe(state !== "found");
  });
});

test("the holder of a lock is found by the file's inode", () => {
  const locks = [
    "1: POSIX  ADVISORY  WRITE 4242 fe:00:1234 0 EOF",
    "1: -> POSIX  ADVISORY  WRITE 99 fe:00:1234 0 EOF",
    "2: FLOCK  ADVISORY  READ 77 00:1a:555 0 EOF",
    "3: POSIX  ADVISORY  WRITE 0 00:1a:666 0 EOF",
  ].join("\n");
  expect([1234, 555, 666, 34].map((inode) => holderIn(locks, inode))).toEqual([
    4242,
    77,
    undefined,
    undefined,
  ]);
});
