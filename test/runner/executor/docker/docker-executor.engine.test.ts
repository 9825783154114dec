import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
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
import { defineJobBehaviour } from "../../support/job-behaviour.ts";
import { aJob, variable } from "../../support/jobs.ts";
import { finished, removeDirectory, runJobs, testSettings } from "../../support/run.ts";

await requireImages("busybox:latest", "docker:stable", ENGINE_IMAGE);

let git: GitHost;
let service: FakeService;
let settings: Settings;

describe("a job in a container", { timeout: 60_000 }, () => {
  // As the runner's program sets it for executors with containers.
  let umask: number;

  beforeAll(async () => {
    umask = process.umask(0);
    git = await startGitHost(
      {
        "hello.txt": "hello from the sources\n",
        Dockerfile: "FROM busybox\nCOPY hello.txt /\n",
      },
      (await bridge()).gateway,
    );
  });
  afterAll(async () => {
    process.umask(umask);
    await git.close();
  });
  beforeEach(async () => {
    service = await startFakeService();
    settings = testSettings(service, { executor: "docker-socket", dockerHost: DOCKER_HOST });
  });
  afterEach(async () => {
    await service.close();
    expect(await remainsOf(settings.environmentId)).toEqual([]);
    removeDirectory(settings);
  });

  defineJobBehaviour({ git: () => git, service: () => service, settings: () => settings });

  test("works in /builds/GROUP/PROJECT", async () => {
    const [result] = await runJobs(service, settings, [aJob(git, { script: ["pwd"] })]);
    expect(result?.log).toContain("/builds/group/project\n");
  });

  test("has secrets in its shell but not in the settings of its container", async () => {
    const job = aJob(git, {
      image: { name: "docker:stable" },
      variables: [
        variable("SECRET", "value-not-to-be-inspected", { masked: true }),
        variable("HOLDER", "https://user:$SECRET@host"),
        variable("CI_REPOSITORY_URL", "http://x:token-of-the-job@host", { public: false }),
        variable("PLAIN", "plain-value"),
      ],
      script: [
        'test -n "$SECRET" -a -n "$HOLDER" -a -n "$CI_REPOSITORY_URL"',
        'docker inspect "$(hostname)" > inspected',
        "grep -c plain-value inspected",
        'grep -c -e "$SECRET" -e token-of-the-job inspected || echo "not inspected"',
      ],
    });
    const [result] = await runJobs(service, settings, [job]);
    expect(result?.verdict).toMatchObject({ state: "success" });
    expect(result?.log).toContain("0\nnot inspected\n");
  });

  test("builds and runs an image through the socket", async () => {
    const job = aJob(git, {
      image: { name: "docker:stable" },
      script: [
        "docker build -t slipway-test-runner .",
        "docker run --rm slipway-test-runner cat /hello.txt",
        "docker rmi -f slipway-test-runner",
      ],
    });
    const [result] = await runJobs(service, settings, [job]);
    expect(result?.log).toContain("hello from the sources\n");
    expect(result?.verdict).toMatchObject({ state: "success" });
  });

  test("leaves no container, network or volume that its script made", async () => {
    const job = aJob(git, {
      image: { name: "docker:stable" },
      script: [
        "docker network create slipway-test-left",
        "docker run -d --network slipway-test-left -v slipway-test-left:/v busybox sleep 600",
      ],
    });
    const [result] = await runJobs(service, settings, [job]);
    expect(result?.verdict).toMatchObject({ state: "success" });
  });

  test("finds the engine as its docker:dind service, with TLS and without, two jobs at once", async () => {
    const jobs = [1, 2].map(() =>
      aJob(git, {
        image: { name: "docker:stable" },
        services: [{ name: "docker:dind" }],
        script: [
          "docker -H tcp://docker:2375 version > plain.txt",
          "DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH=/certs/client docker -H tcp://docker:2376 version > tls.txt",
          "grep -c Server: plain.txt tls.txt",
          "sleep 0.5",
        ],
      }),
    );
    const results = await runJobs(service, { ...settings, capacity: 2 }, jobs);
    for (const { log, verdict } of results) {
      expect(log).toContain("plain.txt:1\ntls.txt:1\n");
      expect(verdict).toMatchObject({ state: "success" });
    }
  });

  test("reaches its services by name and alias, and they have its public variables and its builds", async () => {
    const job = aJob(git, {
      variables: [
        variable("GREETING", "hello"),
        variable("SECRET", " a secret of the project", { public: false }),
      ],
      services: [
        {
          name: "busybox:latest",
          alias: "web,other",
          command: [
            "sh",
            "-c",
            'mkdir /www; echo "$GREETING $OWN$SECRET" > /www/index.html; exec httpd -f -p 8080 -h /www',
          ],
          variables: [variable("OWN", "own of ${GREETING}")],
        },
      ],
      script: [
        "i=0; until wget -q -O - http://web:8080/ || [ $i -gt 50 ]; do i=$((i+1)); sleep 0.1; done",
        "wget -q -O - http://other:8080/",
        "wget -q -O - http://busybox:8080/",
        "ping -c 1 build > /dev/null",
      ],
    });
    const [result] = await runJobs(service, settings, [job]);
    expect(result?.log.match(/^hello own of hello$/gm)).toHaveLength(3);
    expect(result?.verdict).toMatchObject({ state: "success" });
  });

  test("is warned of a service that does not answer, with its log, and goes on", async () => {
    const job = aJob(git, {
      variables: [variable("HEALTHCHECK_TCP_PORT", "8080")],
      services: [
        { name: "busybox:latest", alias: "db", command: ["sh", "-c", "echo broken; exit 1"] },
      ],
      script: ["echo went on"],
    });
    const [result] = await runJobs(service, settings, [job]);
    expect(result?.log).toMatch(/WARNING: The service busybox:latest has ended already/);
    expect(result?.log).toContain("broken\n");
    expect(result?.verdict).toMatchObject({ state: "success" });
  });

  test("runs through its image's entrypoint, which is given the shell", async () => {
    const entrypoint = ["sh", "-c", 'export FROM_ENTRYPOINT=yes; exec "$@"', "entrypoint"];
    const job = aJob(git, {
      image: { name: "busybox:latest", entrypoint },
      script: ['echo "from=$FROM_ENTRYPOINT"'],
    });
    const [result] = await runJobs(service, settings, [job]);
    expect(result?.log).toContain("from=yes\n");
  });

  test('has no entrypoint with entrypoint: [""]', async () => {
    const job = aJob(git, {
      image: { name: "docker:stable", entrypoint: [""] },
      script: ["cat /proc/1/cmdline | tr '\\0' ' '"],
    });
    const [result] = await runJobs(service, settings, [job]);
    expect(result?.log).toMatch(/\n\S*(ba)?sh *\n?section_end/);
  });

  test("runs as the user that its image section names", async () => {
    const image = { name: "busybox:latest", executor_opts: { docker: { user: "1234:1234" } } };
    const job = aJob(git, { image, script: ["id -u", "echo x > new.txt", "cat hello.txt"] });
    const [result] = await runJobs(service, settings, [job]);
    expect(result?.log).toContain("1234\n");
    expect(result?.verdict).toMatchObject({ state: "success" });
  });

  test("has its image and service names expanded, and the default image where it names none", async () => {
    const jobs = [
      aJob(git, {
        image: { name: "$NAME:${TAG}" },
        variables: [variable("NAME", "busybox"), variable("TAG", "latest")],
      }),
      aJob(git, { image: null }),
    ];
    const results = await runJobs(service, settings, jobs);
    expect(results[0]?.log).toContain("with image busybox:latest ...");
    expect(results[1]?.log).toContain("with image busybox:latest ...");
    for (const { verdict } of results) expect(verdict).toMatchObject({ state: "success" });
  });

  test.for([
    ["busybox:$NONE", "script_failure", /is no image name/],
    ["127.0.0.1:1/none/image:1", "runner_system_failure", /registry cannot be reached/],
  ] as const)("whose image is %s fails as %s", async ([name, reason, message]) => {
    const job = aJob(git, { image: { name, pull_policy: ["if-not-present"] } });
    const [result] = await runJobs(service, settings, [job]);
    expect(result?.verdict).toMatchObject({ state: "failed", failure_reason: reason });
    expect(result?.log).toMatch(message);
  });

  test("uses the image that is here when its registry cannot be reached, and says so", async () => {
    const name = "127.0.0.1:1/slipway-test/away:1";
    await docker.getImage("busybox:latest").tag({ repo: name.slice(0, -2), tag: "1" });
    const jobs = [aJob(git, { image: { name } }), aJob(git, { image: { name } })];
    const [first, second] = await runJobs(service, settings, jobs);
    await docker.getImage(name).remove();
    expect(first?.log).toContain("The image that is present here is used.");
    expect(first?.verdict).toMatchObject({ state: "success" });
    // Not asked again at once: an environment without a network would pay for it with every job.
    expect(second?.log).not.toContain("Pulling docker image");
    expect(second?.verdict).toMatchObject({ state: "success" });
  });

  test("with the pull policy never fails when the image is not there", async () => {
    const job = aJob(git, { image: { name: "none-such:1", pull_policy: ["never"] } });
    const [result] = await runJobs(service, settings, [job]);
    expect(result?.verdict).toMatchObject({ failure_reason: "image_pull_failure" });
  });

  test("in an image without a shell fails as docker run does", async () => {
    const job = aJob(git, {
      image: { name: "busybox:latest", entrypoint: ["/no/such/program"] },
    });
    const [result] = await runJobs(service, settings, [job]);
    expect(result?.verdict).toMatchObject({ failure_reason: "script_failure", exit_code: 127 });
    expect(result?.log).toContain("it needs a shell");
  });

  test("whose container is killed from outside ends with the exit code of that", async () => {
    const job = aJob(git, { script: ["echo started", "sleep 60"] });
    const running = runJobs(service, settings, [job]);
    await vi.waitFor(() => expect(finished(service, job).log).toContain("started\n"), 20_000);
    const label = `dev.slipway.job=${job.id}`;
    const [container] = await docker.listContainers({ filters: { label: [label] } });
    await docker.getContainer(container?.Id ?? "").kill();
    const [result] = await running;
    expect(result?.verdict).toMatchObject({ failure_reason: "script_failure", exit_code: 137 });
  });

  test("that ignores SIGTERM is killed after its time of grace", async () => {
    const job = aJob(git, {
      script: ["trap '' TERM", "echo started", "while true; do echo tick; sleep 0.2; done"],
    });
    const running = runJobs(service, settings, [job]);
    await vi.waitFor(() => expect(finished(service, job).log).toContain("started\n"), 20_000);
    service.status = "canceled";
    const [result] = await running;
    expect(result?.verdict).toMatchObject({ state: "failed" });
  });

  test("finds leftovers of a runner that was killed removed", async () => {
    const labels = { "dev.slipway.environment": settings.environmentId };
    const left = await docker.createContainer({
      Image: "busybox",
      Cmd: ["sleep", "600"],
      Labels: labels,
    });
    await left.start();
    await runJobs(service, settings, [aJob(git)]);
    await expect(left.inspect()).rejects.toThrow(/no such container/i);
  });
});

describe("an engine that is gone", () => {
  test("fails the job as a system failure that names it", async () => {
    const git = await startGitHost({ "a.txt": "a" }, (await bridge()).gateway);
    const service = await startFakeService();
    const settings = testSettings(service, {
      executor: "docker-socket",
      dockerHost: "unix:///nonexistent/docker.sock",
    });
    const [result] = await runJobs(service, settings, [aJob(git)]);
    expect(result?.verdict).toMatchObject({ failure_reason: "runner_system_failure" });
    expect(result?.verdict?.failure_message).toContain(
      "The Docker Engine at unix:///nonexistent/docker.sock does not answer",
    );
    removeDirectory(settings);
    await Promise.all([service.close(), git.close()]);
  });
});
