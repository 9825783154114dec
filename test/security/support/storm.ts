import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import type { NetConnectOpts } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startMirrorListener, stopMirror } from "#local/setup/images/mirror.ts";
import type { Slipway } from "../../end-to-end/harness.ts";
import { beRude } from "./rude-client.ts";

export type Door = {
  readonly name: string;
  /** What serves it, and what stands behind. */
  readonly pids: readonly number[];
  readonly to: NetConnectOpts;
  readonly paths: readonly [string, ...string[]];
  readonly headers?: string;
};

const servicePaths = [
  "/",
  "/api/slipway/health",
  "/api/slipway/pipelines",
  "/api/v4/jobs/request",
  "/api/v4/jobs/100001/trace",
  "/api/v4/jobs/100001/artifacts",
  "/api/v4/jobs/100001",
  "/api/slipway/environments/ticket",
  "/webhooks/local/storm/app",
  "/jwt/auth?service=x",
  "/storm/app/-/jobs/100001/trace",
] as const;

const registryPaths = [
  "/v2/",
  "/v2/storm/app/blobs/uploads/",
  "/v2/storm/app/manifests/latest",
  "/jwt/auth?service=x&scope=repository:storm/app:pull",
  "/slipway-registry-front",
] as const;

/** Every listener of a service, and what it is that serves it. `project` has been pushed to. */
export function doorsOf(slipway: Slipway, project: string): readonly Door[] {
  const { port, data } = slipway;
  const pids = [Number(readFileSync(join(data, "service.pid"), "utf8"))];
  const front: { readonly pid: number; readonly registryPid: number } = JSON.parse(
    readFileSync(join(data, "registry/front.json"), "utf8"),
  );
  const registry = { pids: [front.pid, front.registryPid], paths: registryPaths };
  const bearer = `Authorization: Bearer ${slipway.token()}\r\n`;
  const basic = `Authorization: Basic ${Buffer.from(`git:${slipway.token()}`).toString("base64")}\r\n`;
  const here = "127.0.0.1";
  const gateway = slipway.machine.gatewayAddress;
  return [
    { name: "the service", pids, to: { port, host: here }, paths: servicePaths },
    {
      name: "the service, with a token",
      pids,
      to: { port, host: here },
      paths: servicePaths,
      headers: bearer,
    },
    { name: "the gateway", pids, to: { port, host: gateway }, paths: servicePaths },
    {
      name: "the git host",
      pids,
      to: { port, host: gateway },
      paths: [
        `/${project}.git/info/refs?service=git-receive-pack`,
        `/${project}.git/info/refs?service=git-upload-pack`,
        `/${project}.git/git-receive-pack`,
        `/${project}.git/git-upload-pack`,
      ],
      headers: basic,
    },
    { ...registry, name: "the registry front", to: { port: port + 1, host: here } },
    {
      ...registry,
      name: "the registry front at the gateway",
      to: { port: port + 1, host: gateway },
      headers: basic,
    },
    {
      name: "the embedded database",
      pids,
      to: { path: join(data, "dynamodb/dynamodb.sock") },
      paths: ["/"],
      headers: "X-Amz-Target: DynamoDB_20120810.ListTables\r\n",
    },
  ];
}

/** A mirror of base images as the set-up starts it, of this test's own. */
export async function startOwnMirror(
  slipway: Slipway,
  port: number,
): Promise<{ readonly door: Door; readonly stop: () => Promise<void> }> {
  const directory = mkdtempSync(join(tmpdir(), "slipway-mirror-"));
  // Served by nobody.
  chmodSync(directory, 0o755);
  await startMirrorListener(
    slipway.machine.registryBinary,
    directory,
    "host",
    `http://127.0.0.1:${port}`,
  );
  const front = Number(readFileSync(join(directory, "mirror-host.pid"), "utf8"));
  return {
    door: {
      name: "the mirror",
      pids: [front, ...childrenOf(front)],
      to: { port, host: "127.0.0.1" },
      paths: ["/v2/", "/v2/library/busybox/manifests/latest", "/v2/library/x/blobs/uploads/"],
    },
    stop: async () => {
      await stopMirror(directory);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function childrenOf(pid: number): readonly number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
  return children.split(" ").filter(Boolean).map(Number);
}

/** How many descriptors and children they have; undefined where one is gone. */
function loadOf(pids: readonly number[]): number | undefined {
  try {
    return pids
      .flatMap((pid) => [readdirSync(`/proc/${pid}/fd`).length, childrenOf(pid).length])
      .reduce((sum, each) => sum + each, 0);
  } catch {
    return undefined;
  }
}

export type Weathered = {
  readonly door: string;
  readonly alive: boolean;
  /** Descriptors and children more than before, once there was time to let go of them. */
  readonly left: number;
};

/**
 * So many more may be open at any moment: the idle connections of the database (8, both ends in one process), and
 * those of the pipeline's runner, of a person who asks and of a log.
 */
export const mostLeft = 24;

/** Is rude to one door, and tells whether what serves it lives and has let go of all. */
export async function weather(door: Door, count: number, atOnce = 20): Promise<Weathered> {
  const before = loadOf(door.pids) ?? 0;
  await beRude({ ...door, count, atOnce });
  let load = loadOf(door.pids);
  for (let tries = 0; tries < 150 && load !== undefined && load > before + mostLeft; tries++) {
    await sleep(200);
    load = loadOf(door.pids);
  }
  return {
    door: door.name,
    alive: load !== undefined,
    left: Math.max(0, (load ?? before) - before),
  };
}
