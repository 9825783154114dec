import { describe, expect, test } from "vitest";
import { inspectNode } from "#local/doctor/doctor.ts";
import { describeDisk, describeEngine } from "#local/doctor/doctor-engine.ts";
import { describeMemory } from "#local/doctor/doctor-limits.ts";
import { buildsAlone, clientVersion } from "#local/setup/engine/docker-client.ts";
import { engineConfig, engineSockets } from "#local/setup/engine/engine.ts";
import { engineFacts } from "#local/setup/engine/engine-facts.ts";
import { hostsFileHas } from "#local/setup/host-name.ts";
import { mirrorConfig } from "#local/setup/images/mirror.ts";
import { packagesToInstall } from "#local/setup/packages.ts";
import { SetupProblem } from "#local/setup/problem.ts";

const nothing = {
  engineAnswers: false,
  dockerd: false,
  client: false,
  git: false,
  iptables: false,
  openssl: false,
};
const all = {
  engineAnswers: true,
  dockerd: true,
  client: true,
  git: true,
  iptables: true,
  openssl: true,
};

describe("packages to install", () => {
  test.for([
    {
      machine: "an empty machine",
      has: nothing,
      packages: ["docker.io", "iptables", "git", "ca-certificates", "openssl"],
    },
    { machine: "a machine that has everything", has: all, packages: [] },
    {
      machine: "a machine with git",
      has: { ...nothing, git: true, openssl: true },
      packages: ["docker.io", "iptables"],
    },
    {
      machine: "a machine whose engine is not installed here but answers",
      has: { ...all, dockerd: false, iptables: false },
      packages: [],
    },
    {
      machine: "a machine with an engine and a client that cannot build",
      has: { ...all, client: false },
      packages: ["docker.io"],
    },
    {
      machine: "a machine with a stopped engine",
      has: { ...all, engineAnswers: false },
      packages: [],
    },
  ])("$machine needs $packages", ({ has, packages }) => {
    expect(packagesToInstall(has)).toEqual(packages);
  });
});

describe("a docker client", () => {
  test.for([
    ["Docker version 20.10.24+dfsg1, build 297e128", "20.10.24+dfsg1", true],
    ["Docker version 28.2.2, build e6534b4", "28.2.2", false],
    ["Docker version 23.0.0, build e92dd87", "23.0.0", false],
    ["Docker version 18.06.1-ce, build e68fc7a", "18.06.1-ce", false],
  ] as const)("%s: version %s, BuildKit built in: %s", ([text, version, alone]) => {
    expect(clientVersion(text)).toBe(version);
    expect(buildsAlone(version)).toBe(alone);
  });

  test("something else named docker has no version", () => {
    expect(clientVersion("podman version 4.3.1")).toBeUndefined();
  });
});

describe("the engine that set-up starts", () => {
  const options = { socket: "/s", pidFile: "/p", runtime: undefined, mirror: undefined };

  test("uses overlay2 and neither mirror nor runtime where none is needed", () => {
    const config = engineConfig(options);
    expect(config).toMatchObject({ hosts: ["unix:///s"], "storage-driver": "overlay2" });
    expect(config).not.toHaveProperty("registry-mirrors");
    expect(config).not.toHaveProperty("default-runtime");
  });

  test("uses the runtime for every container, those of jobs included", () => {
    expect(engineConfig({ ...options, runtime: "/r" })).toMatchObject({
      runtimes: { slipway: { path: "/r" } },
      "default-runtime": "slipway",
    });
  });

  test("trusts this machine's registries with a scheme, which BuildKit 20.10 asks for", () => {
    expect(engineConfig(options)["insecure-registries"]).toContain("http://slipway.localhost:4481");
  });

  test("is looked for at the socket that DOCKER_HOST names, and only there", () => {
    expect(engineSockets("unix:///x/docker.sock")).toEqual(["/x/docker.sock"]);
  });

  test("is not looked for on another machine", () => {
    expect(() => engineSockets("tcp://build.example:2376")).toThrow(SetupProblem);
  });
});

test("the mirror's configuration lets nobody write", () => {
  const config = JSON.parse(mirrorConfig("/images"));
  expect(config.storage.maintenance.readonly).toEqual({ enabled: true });
  expect(config.storage.filesystem.rootdirectory).toBe("/images");
  expect(config.http.addr).toBe("127.0.0.1:0");
});

test.for([
  ["127.0.0.1 slipway.localhost\n", true],
  ["127.0.0.1\tlocalhost slipway.localhost # ours", true],
  ["# 127.0.0.1 slipway.localhost\n", false],
  ["127.0.0.1 other.slipway.localhost\n", false],
  ["", false],
] as const)("the hosts file %j names the registry: %s", ([hosts, has]) => {
  expect(hostsFileHas(hosts, "slipway.localhost")).toBe(has);
});

describe("facts about an engine", () => {
  test("the gateway is the IPv4 one, whatever else the bridge has", () => {
    const facts = engineFacts(
      { ServerVersion: "27.0", Driver: "overlay2", SecurityOptions: ["name=seccomp"] },
      {
        IPAM: {
          Config: [
            { Gateway: "fd00::1", Subnet: "fd00::/64" },
            { Gateway: "172.17.0.1", Subnet: "172.17.0.0/16" },
          ],
        },
      },
    );
    expect(facts).toMatchObject({ gateway: "172.17.0.1", rootless: false, version: "27.0" });
  });

  test("where the engine chose the range itself, the gateway is its first address", () => {
    const ranges = [{ Subnet: "fd00::/64" }, { Subnet: "172.18.0.0/16" }];
    expect(engineFacts({}, { IPAM: { Config: ranges } }).gateway).toBe("172.18.0.1");
  });

  test("an engine that says little gives no gateway", () => {
    expect(engineFacts({}, { IPAM: null }).gateway).toBe("");
  });
});

describe("doctor", () => {
  const engine = engineFacts({ ServerVersion: "27.0", Driver: "overlay2" }, {});

  test.for([
    [inspectNode("v20.19.0"), "found"],
    [inspectNode("v22.2.0"), "found"],
    [inspectNode("v24.0.0"), "found"],
    [inspectNode("v20.18.3"), "missing"],
    [inspectNode("v21.7.3"), "missing"],
    [inspectNode("v22.1.0"), "missing"],
    [inspectNode("v18.19.1"), "missing"],
    [describeEngine(engine, "/s"), "found"],
    [describeEngine({ ...engine, storageDriver: "vfs" }, "/s"), "warning"],
    [describeEngine({ ...engine, rootless: true }, "/s"), "warning"],
    [describeDisk("Disk space", "/d", 100 * 2 ** 30), "found"],
    [describeDisk("Disk space", "/d", 3 * 2 ** 30), "warning"],
    [describeDisk("Disk space", "/d", 2 ** 20), "missing"],
    ...describeMemory("MemAvailable:   24000000 kB").map((one) => [one, "found"] as const),
    ...describeMemory("MemTotal: 1 kB\nMemAvailable:     500000 kB\n").map(
      (one) => [one, "warning"] as const,
    ),
  ] as const)("%o is %s", ([requirement, state]) => {
    expect(requirement.state).toBe(state);
    expect(requirement.howToGet === undefined).toBe(state === "found");
  });
});
