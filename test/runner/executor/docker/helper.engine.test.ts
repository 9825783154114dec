import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { JobArtifacts } from "#runner/protocol.ts";
import type { Settings } from "#runner/settings.ts";
import {
  bridge,
  DOCKER_HOST,
  docker,
  ENGINE_IMAGE,
  remainsOf,
  requireImages,
} from "../../../engine/real-engine.ts";
import { type FakeService, startFakeService } from "../../support/fake-service.ts";
import { type GitHost, startGitHost } from "../../support/git-host.ts";
import { aJob, variable } from "../../support/jobs.ts";
import { finished, removeDirectory, runJobs, testSettings } from "../../support/run.ts";

await requireImages("busybox:latest", ENGINE_IMAGE);

const everything: JobArtifacts = {
  untracked: false,
  paths: ["."],
  exclude: [".git", ".git/**"],
  when: "always",
  artifact_type: "archive",
  artifact_format: "zip",
};

describe("the helper of a job", { timeout: 60_000 }, () => {
  let git: GitHost;
  let service: FakeService;
  let settings: Settings;

  beforeAll(async () => {
    git = await startGitHost({ "hello.txt": "hello\n" }, (await bridge()).gateway);
  });
  afterAll(() => git.close());
  beforeEach(async () => {
    service = await startFakeService();
    settings = testSettings(service, { executor: "docker-socket", dockerHost: DOCKER_HOST });
  });
  afterEach(async () => {
    await service.close();
    expect(await remainsOf(settings.environmentId)).toEqual([]);
    removeDirectory(settings);
  });

  /** Oldest first: the job's own, then that of the next job. */
  async function helpers() {
    const filters = { label: [`dev.slipway.environment=${settings.environmentId}`] };
    const containers = await docker.listContainers({ filters });
    return containers
      .filter(({ Command }) => Command.endsWith(" helper"))
      .sort((a, b) => a.Created - b.Created)
      .map(({ Id }) => Id);
  }

  test("has less than the job: no privilege, socket, variable or way to more", async () => {
    const job = aJob(git, {
      variables: [variable("SECRET", "value-of-the-job"), variable("PLAIN", "plain-value")],
      script: ["echo started", "sleep 3"],
      artifacts: [everything],
    });
    const running = runJobs(service, { ...settings, privileged: true }, [job]);
    await vi.waitFor(() => expect(finished(service, job).log).toContain("started\n"), 20_000);
    const [id = ""] = await helpers();
    const inspected = await docker.getContainer(id).inspect();
    expect(inspected.HostConfig).toMatchObject({
      Privileged: false,
      CapDrop: ["ALL"],
      CapAdd: ["CHOWN", "DAC_OVERRIDE", "FOWNER"],
      SecurityOpt: ["no-new-privileges"],
      ReadonlyRootfs: true,
    });
    const writable = inspected.Mounts.filter(({ RW, Type }) => RW && Type !== "tmpfs");
    expect(writable.map(({ Destination }) => Destination).sort()).toEqual(["/builds", "/cache"]);
    expect(inspected.Mounts.some(({ Source }) => Source.includes("docker.sock"))).toBe(false);
    expect(JSON.stringify(inspected)).not.toMatch(/value-of-the-job|plain-value|CI_JOB/);
    expect(JSON.stringify(inspected)).not.toContain(git.password);
    const [result] = await running;
    expect(result?.verdict).toMatchObject({ state: "success" });
  });

  test("serves one job: it ends while the script runs, and the next job's is started", async () => {
    const first = aJob(git, { script: ["echo started", "sleep 4"] });
    const second = aJob(git, { script: ["echo started", "sleep 4"] });
    const running = runJobs(service, settings, [first, second]);
    const waits = async (job: typeof first) => {
      await vi.waitFor(() => expect(finished(service, job).log).toContain("started\n"), 20_000);
      return vi.waitFor(async () => {
        const [id, ...others] = await helpers();
        expect([id !== undefined, others]).toEqual([true, []]);
        return id;
      }, 4_000);
    };
    const between = await waits(first);
    expect(await waits(second)).not.toBe(between);
    await running;
  });

  test("that is killed meanwhile is replaced for the artifacts", async () => {
    const job = aJob(git, {
      script: ["echo kept > made.txt", "echo started", "sleep 3"],
      artifacts: [everything],
    });
    const running = runJobs(service, settings, [job]);
    await vi.waitFor(() => expect(finished(service, job).log).toContain("started\n"), 20_000);
    for (const id of await helpers()) await docker.getContainer(id).kill();
    const [result] = await running;
    expect(result?.verdict, result?.log).toMatchObject({ state: "success" });
    expect(service.files.get(`${job.id}/archive`)?.includes("made.txt")).toBe(true);
  });

  test("without an image of its own uses the environment's programs", async () => {
    const own = { ...settings, helperImage: undefined };
    const untracked = { ...everything, untracked: true, paths: [] };
    const job = aJob(git, {
      script: ["cat hello.txt", "echo new > new.txt"],
      artifacts: [untracked],
    });
    const [result] = await runJobs(service, own, [job]);
    expect(result?.verdict, result?.log).toMatchObject({ state: "success" });
    expect(result?.log).toContain("hello\n");
    const zip = service.files.get(`${job.id}/archive`);
    expect([zip?.includes("new.txt"), zip?.includes("hello.txt")]).toEqual([true, false]);
  });

  test("clears away what an earlier job of its slot left in the project's place", async () => {
    const spoil = ["cd /", "rm -rf /builds/group", "ln -s /nowhere /builds/group"];
    const jobs = [
      aJob(git, { script: spoil }),
      aJob(git, { script: ["cat hello.txt", "pwd"], artifacts: [everything] }),
    ];
    const results = await runJobs(service, settings, jobs);
    expect(results[1]?.verdict, results[1]?.log).toMatchObject({ state: "success" });
    expect(results[1]?.log).toContain(
      "hello\n/builds/group/project\n".replace("\n/", "\n\u001b[32;1m$ pwd\u001b[0;m\n/"),
    );
  });

  test("is no way around a disk that the job filled: the job fails for that reason", async () => {
    // In the place of the volume that the runner would make; it takes the one that is there.
    const Name = `slipway-${settings.environmentId}-builds-0`;
    const volume = await docker.createVolume({
      Name,
      DriverOpts: { type: "tmpfs", device: "tmpfs", o: "size=12m" },
    });
    const script = ["echo before", "dd if=/dev/zero of=big bs=1M count=50", "echo never"];
    const [result] = await runJobs(service, settings, [aJob(git, { script })]);
    await volume.remove({ force: true });
    expect(result?.log).toMatch(/No space left on device/i);
    expect(result?.verdict).toMatchObject({ failure_reason: "runner_system_failure" });
    expect(result?.verdict?.failure_message).toContain("The disk of the environment is full");
  });
});
