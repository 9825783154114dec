import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  jobsOf,
  logOf,
  makeRepository,
  pipelineOf,
  type Repository,
  type Slipway,
  startSlipway,
} from "../end-to-end/harness.ts";

/** An address of metadata that no cloud of a developer's machine uses, reached through a namespace of its own. */
const ADDRESS = "169.254.42.42";
const NAMESPACE = "slipway-metadata";

let slipway: Slipway;
let cloud: ChildProcess;

const ip = (...words: string[]) => execFileSync("ip", words, { stdio: "pipe" });

function removeCloud(): void {
  try {
    ip("netns", "del", NAMESPACE);
  } catch {
    // Nothing was left.
  }
}

beforeAll(async () => {
  removeCloud();
  ip("netns", "add", NAMESPACE);
  ip("link", "add", "slwtest0", "type", "veth", "peer", "name", "eth0", "netns", NAMESPACE);
  ip("addr", "add", "169.254.43.1/30", "dev", "slwtest0");
  ip("link", "set", "slwtest0", "up");
  ip("-n", NAMESPACE, "addr", "add", "169.254.43.2/30", "dev", "eth0");
  ip("-n", NAMESPACE, "addr", "add", `${ADDRESS}/32`, "dev", "eth0");
  ip("-n", NAMESPACE, "link", "set", "eth0", "up");
  ip("-n", NAMESPACE, "route", "add", "default", "via", "169.254.43.1");
  ip("route", "add", `${ADDRESS}/32`, "via", "169.254.43.2");
  const listen = `require("http").createServer((q, a) => a.end("ROLE-" + "CREDENTIALS")).listen(80, () => console.log("up"))`;
  cloud = spawn("ip", ["netns", "exec", NAMESPACE, process.execPath, "-e", listen]);
  await new Promise((resolve) => cloud.stdout?.once("data", resolve));
  slipway = await startSlipway(`defaults:
  executor: docker-in-docker
projects:
  atk/dind: {}
  atk/socket: { executor: docker-socket }
  atk/plain: { privileged: false }
`);
}, 120_000);
afterAll(async () => {
  await slipway.stop();
  cloud.kill();
  removeCloud();
}, 120_000);

const repositories = new Map<string, Promise<Repository>>();

async function logOfJob(slipway: Slipway, project: string, file: string): Promise<string> {
  const repository = await (repositories.get(project) ?? makeRepository(slipway, project));
  repositories.set(project, Promise.resolve(repository));
  repository.write({ ".gitlab-ci.yml": file });
  const pipeline = await pipelineOf(slipway, project, (await repository.push()).sha);
  return logOf(slipway, jobsOf(pipeline).steal?.id ?? 0);
}

/** With nc, because the static busybox of base images made here crashes in `wget`. The answer comes, or the word. */
const ask = (command: string) =>
  `(printf "GET / HTTP/1.0\\r\\n\\r\\n"; sleep 1) | ${command}nc -w 3 ${ADDRESS} 80 || echo out-of-"reach"`;

describe("the cloud's metadata", () => {
  test("is there, as this machine sees it", async () => {
    expect(await (await fetch(`http://${ADDRESS}/`)).text()).toBe("ROLE-CREDENTIALS");
  });

  test.for([
    ["atk/dind", "its own container", ask("")],
    ["atk/dind", "a container of its engine", ask("docker run --rm -i busybox ")],
    ["atk/dind", "the network of its engine", ask("docker run --rm -i --network host busybox ")],
    ["atk/socket", "its own container", ask("")],
    ["atk/socket", "a container of the engine", ask("docker run --rm -i busybox ")],
    ["atk/plain", "its own container", ask("")],
  ])("is out of reach of a job of %s from %s", async ([project = "", , script]) => {
    const log = await logOfJob(
      slipway,
      project,
      `steal:\n  image: docker:stable\n  script:\n    - '${script}'\n`,
    );
    expect(log).not.toContain("ROLE-CREDENTIALS");
    expect(log).toContain("out-of-reach");
  });

  test("is out of reach of a job with services, which has a network of its own", async () => {
    const file = `steal:\n  image: docker:stable\n  services: [busybox]\n  script:\n    - '${ask("")}'\n`;
    for (const project of ["atk/socket", "atk/plain"]) {
      const log = await logOfJob(slipway, project, file);
      expect(log).not.toContain("ROLE-CREDENTIALS");
      expect(log).toContain("out-of-reach");
    }
  });

  test("is in reach where the project may have it, and then of its jobs alone", async () => {
    // Two installations would each keep the machine's bridge as their own settings say.
    await slipway.stop();
    slipway = await startSlipway(`defaults:
  executor: docker-in-docker
projects:
  ok/dind: { allow_metadata: true }
  ok/socket: { allow_metadata: true, executor: docker-socket }
  ok/plain: { allow_metadata: true, privileged: false }
  not/dind: {}
  not/plain: { privileged: false }
`);
    const file = `steal:\n  image: docker:stable\n  script:\n    - '${ask("")}'\n`;
    for (const project of ["ok/dind", "ok/socket", "ok/plain"]) {
      expect(project + (await logOfJob(slipway, project, file))).toContain("ROLE-CREDENTIALS");
    }
    for (const project of ["not/dind", "not/plain"]) {
      expect(await logOfJob(slipway, project, file)).toContain("out-of-reach");
    }
  });
});
