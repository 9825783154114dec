import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { openEngineEndpoint } from "#runner/engine/endpoint.ts";
import type { Settings } from "#runner/settings.ts";
import { bridge, DOCKER_HOST, remainsOf, requireImages } from "../../../engine/real-engine.ts";
import { type FakeService, startFakeService } from "../../support/fake-service.ts";
import { type GitHost, startGitHost } from "../../support/git-host.ts";
import { aJob, variable } from "../../support/jobs.ts";
import { removeDirectory, runJobs, testSettings } from "../../support/run.ts";

await requireImages("busybox:latest", "docker:stable");

const CAP_SYS_ADMIN = 21n;

describe("a job without privileges", { timeout: 60_000 }, () => {
  let git: GitHost;
  let service: FakeService;
  let settings: Settings;
  let umask: number;

  beforeAll(async () => {
    umask = process.umask(0);
    git = await startGitHost({ "hello.txt": "hello from the sources\n" }, (await bridge()).gateway);
  });
  afterAll(async () => {
    process.umask(umask);
    await git.close();
  });
  beforeEach(async () => {
    service = await startFakeService();
    settings = testSettings(service, { executor: "docker-in-docker", dockerHost: DOCKER_HOST });
  });
  afterEach(async () => {
    await service.close();
    expect(await remainsOf(settings.environmentId)).toEqual([]);
    removeDirectory(settings);
  });

  test("runs its script beside its sources and has no engine's socket", async () => {
    const script = ["cat hello.txt", "ls /var/run/docker.sock /run/docker.sock || echo no socket"];
    const [result] = await runJobs(service, settings, [aJob(git, { script })]);
    expect(result?.verdict).toMatchObject({ state: "success" });
    expect(result?.log).toContain("hello from the sources\n");
    expect(result?.log).toContain("no socket\n");
    expect(result?.log).not.toContain("Docker Engine");
  });

  test("that asks for an engine is told why there is none, and its docker commands fail", async () => {
    const job = aJob(git, {
      image: { name: "docker:stable" },
      services: [{ name: "docker:24-dind", alias: "docker", command: ["--mtu=1400"] }],
      variables: [variable("DOCKER_HOST", "tcp://docker:2375"), variable("DOCKER_TLS_CERTDIR", "")],
      script: ["docker info"],
    });
    const [result] = await runJobs(service, settings, [job]);
    expect(result?.verdict).toMatchObject({ state: "failed", failure_reason: "script_failure" });
    expect(result?.log).toContain("There is no Docker Engine for this job");
    expect(result?.log).toContain("`privileged: false`");
    expect(result?.log).not.toContain("--mtu");
  });

  test("cannot reach the engine that another job is offered on the bridge", async () => {
    const { gateway, subnet } = await bridge();
    const open = () =>
      openEngineEndpoint({
        dockerHost: DOCKER_HOST,
        environmentId: settings.environmentId,
        jobId: 1,
        directory: settings.directory,
        label: true,
        listenAddress: gateway,
        allowFrom: subnet,
        plain: true,
      });
    // The port may be another test's for a moment.
    const other = await vi.waitFor(open, { timeout: 20_000, interval: 200 });
    try {
      const image = { name: "docker:stable" };
      const script = [`docker -H tcp://${gateway}:2375 info --format 'driver={{.Driver}}'`];
      const onBridge = { ...settings, executor: "docker-socket" } as const;
      const [reached] = await runJobs(service, onBridge, [aJob(git, { image, script })]);
      const [result] = await runJobs(service, settings, [aJob(git, { image, script })]);
      expect(reached?.log).toMatch(/^driver=\w/m);
      expect(result?.verdict).toMatchObject({ state: "failed" });
      expect(result?.log).not.toMatch(/^driver=\w/m);
    } finally {
      await other.close();
    }
  });

  test("cannot reach the engine that a docker-socket job gets by TCP, nor can a container of the bridge", async () => {
    const { gateway } = await bridge();
    const stranger = (address: string, ...how: string[]) =>
      `docker run --rm ${how.join(" ")} docker:stable timeout 10 docker -H tcp://${address}:2375 info --format 'driver={{.Driver}}' | sed -n 's/^driver=./REACHED ${address.replace("$", "")} /p' || true`;
    const job = aJob(git, {
      image: { name: "docker:stable" },
      services: [{ name: "docker:24-dind", alias: "docker" }],
      variables: [variable("DOCKER_HOST", "tcp://docker:2375"), variable("DOCKER_TLS_CERTDIR", "")],
      script: [
        "docker info --format 'own={{.Driver}}'",
        "engine=$(sed -n 's/[[:space:]].*docker.*//p' /etc/hosts | head -1)",
        'echo "engine at $engine,"',
        stranger(gateway),
        stranger(gateway, "--cap-drop ALL --user 65534"),
        stranger("$engine"),
      ],
    });
    const onSocket = { ...settings, executor: "docker-socket" } as const;
    const [result] = await runJobs(service, onSocket, [job]);
    const output = (result?.log ?? "").split("\n").filter((line) => !line.includes("$ "));
    expect(result?.verdict, result?.log).toMatchObject({ state: "success" });
    expect(output).toContainEqual(expect.stringMatching(/^own=\w/));
    expect(output).toContainEqual(expect.stringMatching(/^engine at \d+\.\d+\.\d+\.\d+,/));
    expect(output).not.toContain(`engine at ${gateway},`);
    expect(output.join("\n")).not.toContain("REACHED");
  });

  test("may mount in a user namespace of its own, as buildah does, and nowhere else", async () => {
    const mount = "mount -t tmpfs none /mnt";
    const script = [
      "mkdir -p /mnt",
      `if ${mount}; then echo mounted outside; fi`,
      `unshare -U -m -r sh -c '${mount} && echo mounted inside'`,
      "if dmesg; then echo read the log of the kernel; fi",
      "if hostname other; then echo renamed; fi",
      "grep CapEff /proc/self/status",
    ];
    const [result] = await runJobs(service, settings, [aJob(git, { script })]);
    const said = result?.log.split("\n").filter((line) => !line.includes("$ ")) ?? [];
    expect(said).toContain("mounted inside");
    const capabilities = BigInt(`0x${/^CapEff:\s+(\w+)$/m.exec(said.join("\n"))?.[1]}`);
    expect(capabilities & (1n << CAP_SYS_ADMIN)).toBe(0n);
    for (const line of ["mounted outside", "renamed", "read the log of the kernel"]) {
      expect(said).not.toContain(line);
    }
  });
});
