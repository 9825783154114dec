import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { applyEngineFlags, dindTlsWanted } from "#runner/engine/flags.ts";
import { parseEngineFlags } from "#runner/engine/parse-flags.ts";

describe("the command of a dind service", () => {
  test.for([
    { command: [], settings: {} },
    {
      command: ["--registry-mirror", "https://a", "--registry-mirror=https://b"],
      settings: { "registry-mirrors": ["https://a", "https://b"] },
    },
    {
      command: ["dockerd", "--insecure-registry=r:5000", "--mtu", "1400", "-D"],
      settings: { "insecure-registries": ["r:5000"], mtu: 1400, debug: true },
    },
    {
      command: ["dockerd-entrypoint.sh", "--experimental", "--log-level", "warn"],
      settings: { experimental: true, "log-level": "warn" },
    },
    {
      command: ["--feature=containerd-snapshotter=false"],
      settings: { features: { "containerd-snapshotter": false } },
    },
    { command: ["--tls=false"], settings: {} },
    { command: ["--tls", "--mtu=9000"], settings: { mtu: 9000 } },
    { command: ["--host=tcp://0.0.0.0:2375", "-H", "unix:///var/run/docker.sock"], settings: {} },
    { command: ["--storage-driver", "overlay2"], settings: {} },
  ])("$command gives the settings $settings", ({ command, settings }) => {
    expect(parseEngineFlags(command)).toEqual({ settings, warnings: [] });
  });

  test.for([
    { command: ["--storage-driver=vfs"], warning: /storage driver is overlay2/ },
    { command: ["--host=tcp://0.0.0.0:9999"], warning: /docker:2375/ },
    { command: ["--data-root=/", "--mtu"], warning: /--data-root is not applied/ },
    { command: ["--mtu=many"], warning: /--mtu=many is not applied: it needs a whole number/ },
    { command: ["--registry-mirror"], warning: /needs a value/ },
    { command: ["--constructor=1"], warning: /--constructor is not applied/ },
    { command: ["--userns-remap", "default"], warning: /--userns-remap is not applied/ },
    { command: ["sh", "-c", "dockerd --mtu 1"], warning: /command "sh" is not run/ },
  ])("$command is refused with a warning", ({ command, warning }) => {
    const { settings, warnings } = parseEngineFlags(command);
    expect(settings).toEqual({});
    expect(warnings.join("\n")).toMatch(warning);
  });

  test.for([{ executor: "docker-socket" }, { executor: "shell" }] as const)(
    "changes nothing for $executor where the engine is not the job's own, and the log says so",
    async (whose) => {
      const outcome = await applyEngineFlags(["--mtu=1400"], {
        ...whose,
        dockerHost: "unix:///nowhere",
      });
      expect(outcome.warnings).toEqual([expect.stringContaining("--mtu changes nothing")]);
    },
  );
});

describe("the ports of a dind service", () => {
  const both = { tls: true, plain: true, certDirectory: "/certs" };
  const tls = { tls: true, plain: false, certDirectory: "/certs" };
  const plain = { tls: false, plain: true, certDirectory: "/certs" };
  test.for([
    { variables: {}, flags: [], wanted: both },
    { variables: { DOCKER_TLS_CERTDIR: "" }, flags: [], wanted: plain },
    { variables: { DOCKER_TLS_CERTDIR: "/certs" }, flags: [], wanted: tls },
    { variables: { DOCKER_TLS_CERTDIR: "/certs/" }, flags: ["--tls=false"], wanted: plain },
    {
      variables: { DOCKER_TLS_CERTDIR: "/mine", DOCKER_HOST: "tcp://docker:2375/" },
      flags: [],
      wanted: { ...plain, certDirectory: "/mine" },
    },
    { variables: { DOCKER_HOST: "tcp://docker:2375" }, flags: [], wanted: plain },
  ])("$variables $flags → $wanted", ({ variables, flags, wanted }) => {
    expect(dindTlsWanted(variables, flags)).toEqual(wanted);
  });
});

/** Behaves like dockerd as far as its configuration goes: read at start and at SIGHUP. */
const ENGINE = `
import { readFileSync, writeFileSync, rmSync, appendFileSync } from "node:fs";
import { createServer } from "node:http";
const [directory] = process.argv.slice(2);
const read = () => JSON.parse(readFileSync(directory + "/daemon.json", "utf8"));
let config = read();
if (config.bip === "refused") process.exit(1);
process.on("SIGHUP", () => { config = read(); appendFileSync(directory + "/events", "reloaded\\n"); });
process.on("SIGTERM", () => process.exit(0));
rmSync(directory + "/engine.sock", { force: true });
createServer((_, answer) => answer.end(JSON.stringify({ Mtu: config.mtu, RegistryConfig: { Mirrors: config["registry-mirrors"] } })))
  .listen(directory + "/engine.sock", () => {
    writeFileSync(directory + "/pid", String(process.pid));
    appendFileSync(directory + "/events", "started\\n");
  });
`;

describe("the engine of a docker-in-docker environment", () => {
  let directory: string;
  let engine: ChildProcess;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "slipway-flags-"));
    await writeFile(join(directory, "engine.mjs"), ENGINE);
    await writeFile(join(directory, "daemon.json"), '{"registry-mirrors": ["http://first"]}');
    engine = spawn(process.execPath, [join(directory, "engine.mjs"), directory]);
    while (!(await readFile(join(directory, "pid"), "utf8").catch(() => ""))) {
      await sleep(10);
    }
  });

  afterEach(async () => {
    engine.kill("SIGKILL");
    const pid = Number(await readFile(join(directory, "pid"), "utf8"));
    if (pid !== engine.pid) {
      process.kill(pid, "SIGKILL");
    }
    await rm(directory, { recursive: true, force: true });
  });

  const apply = (flags: string[]) =>
    applyEngineFlags(flags, {
      executor: "docker-in-docker",
      dockerHost: `unix://${directory}/engine.sock`,
      pidFile: join(directory, "pid"),
      configFile: join(directory, "daemon.json"),
    });
  const events = async () => (await readFile(join(directory, "events"), "utf8")).trim().split("\n");
  const info = () =>
    new Promise<string>((resolve, reject) => {
      request({ socketPath: join(directory, "engine.sock"), path: "/info" }, (answer) =>
        answer.on("data", (chunk) => resolve(String(chunk))),
      )
        .on("error", reject)
        .end();
    });

  test("takes another registry mirror over without a restart", async () => {
    expect(await apply(["--registry-mirror=http://second"])).toEqual({ warnings: [] });
    expect(await events()).toEqual(["started", "reloaded"]);
    expect(await info()).toBe('{"RegistryConfig":{"Mirrors":["http://first","http://second"]}}');
  });

  test("is restarted, by its own command line, for what a running engine cannot take over", async () => {
    expect(await apply(["--mtu=1400"])).toEqual({ warnings: [] });
    expect(await events()).toEqual(["started", "started"]);
    expect(await info()).toBe('{"Mtu":1400,"RegistryConfig":{"Mirrors":["http://first"]}}');
  });

  test("goes on without settings that it does not start with", async () => {
    const { warnings } = await apply(["--bip=refused"]);
    expect(warnings).toEqual([expect.stringContaining("(bip) are not applied")]);
    expect(await events()).toEqual(["started", "started"]);
    expect(await info()).toBe('{"RegistryConfig":{"Mirrors":["http://first"]}}');
  });
});
