import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { installPackages, isDebian } from "#local/setup/packages.ts";
import { makeStateDirectory } from "#local/setup/state-directory.ts";
import { account, emulatorEnvironment, region } from "./deploy.ts";
import { stopProcess } from "./processes.ts";

const run = promisify(execFile);
const version = "1.5.33";

export type Ministack = {
  /** Base URL of every service. */
  readonly url: string;
  readonly log: () => string;
  readonly stop: () => Promise<void>;
};

/** Path of the emulator's Python, installed from PyPI where it is missing; or why it cannot be had here. */
export async function installMinistack(): Promise<
  { readonly python: string } | { readonly problem: string }
> {
  const directory = join(await makeStateDirectory(), `ministack-${version}`);
  const python = join(directory, "bin/python");
  const installed = () => run(python, ["-m", "pip", "show", "-q", "ministack"]);
  if (existsSync(python) && (await succeeds(installed))) return { python };
  try {
    if (!(await succeeds(() => run("python3", ["-c", "import venv, ensurepip"])))) {
      if (!(await isDebian())) return { problem: "This machine has no Python 3 with venv." };
      await installPackages(["python3-venv"]);
    }
    await run("python3", ["-m", "venv", "--clear", directory]);
    const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    await run(python, [...pip, "--timeout", "20", "--retries", "1", `ministack==${version}`]);
    return { python };
  } catch (error) {
    rmSync(directory, { recursive: true, force: true });
    const why = error instanceof Error ? error.message : String(error);
    return { problem: `MiniStack ${version} could not be installed from PyPI: ${why.slice(-500)}` };
  }
}

/** Starts the emulator at an address that this machine and its containers reach. */
export async function startMinistack(options: {
  readonly python: string;
  readonly host: string;
}): Promise<Ministack> {
  const { python, host } = options;
  const port = await freePort(host);
  const url = `http://${host}:${port}`;
  const directory = mkdtempSync(join(tmpdir(), "slipway-ministack-"));
  const logFile = join(directory, "log");
  const log = () => readFileSync(logFile, "utf8");
  const output = openSync(logFile, "w");
  const child: ChildProcess = spawn(python, ["-m", "ministack"], {
    cwd: directory,
    stdio: ["ignore", output, output],
    env: {
      ...emulatorEnvironment(url),
      BIND_HOST: host,
      GATEWAY_PORT: String(port),
      MINISTACK_ACCOUNT_ID: account,
      MINISTACK_REGION: region,
      STATE_DIR: join(directory, "state"),
      S3_DATA_DIR: join(directory, "s3"),
      TMPDIR: directory,
    },
  });
  for (let tries = 0; ; tries++) {
    const ready = await fetch(`${url}/_ministack/health`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (ready) break;
    if (child.exitCode !== null || tries > 300)
      throw new Error(`MiniStack did not start:\n${log()}`);
    await sleep(100);
  }
  return {
    url,
    log,
    stop: async () => {
      await stopProcess(child);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function freePort(host: string): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, host, done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

function succeeds(work: () => Promise<unknown>): Promise<boolean> {
  return work().then(
    () => true,
    () => false,
  );
}
