import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { isRunning } from "#local/setup/detached.ts";
import { findMachine } from "#local/setup/machine.ts";
import { fileSecrets } from "#secrets/file.ts";
import type { PipelineView } from "#service/view/pipeline-view.ts";
import { jobsOf, run } from "./harness.ts";

const program = resolve(import.meta.dirname, "../../cli/slipway.js");
const config = `
stages: [build, test, deploy]
build:
  stage: build
  image: docker:stable
  script:
    - docker build -t "$CI_REGISTRY_IMAGE:$CI_COMMIT_REF_SLUG" .
    - echo "$CI_REGISTRY_PASSWORD" | docker login -u "$CI_REGISTRY_USER" --password-stdin "$CI_REGISTRY"
    - docker push "$CI_REGISTRY_IMAGE:$CI_COMMIT_REF_SLUG"
unit:
  stage: test
  image: busybox
  needs: []
  script: ["cat new.txt", 'echo "$CI_PIPELINE_SOURCE on $CI_COMMIT_REF_NAME with $WORD"']
broken:
  stage: test
  image: busybox
  script: ["exit 7"]
slow:
  stage: test
  image: busybox
  needs: []
  script: ["for i in $(seq 60); do echo tick $i; sleep 1; done"]
deploy:
  stage: deploy
  image: busybox
  needs: [unit]
  when: manual
  script: ["echo deployed"]
`;

let tree: string;
beforeEach(async () => {
  tree = mkdtempSync(join(tmpdir(), "slipway-tree-"));
  await run("git", ["init", "-q", "-b", "main", tree]);
  write({ ".gitlab-ci.yml": config, Dockerfile: "FROM busybox\nCOPY new.txt /\n" });
  const git = ["-C", tree, "-c", "user.name=Ada", "-c", "user.email=ada@example.com"];
  await run("git", [...git, "add", "-A"]);
  await run("git", [...git, "commit", "-q", "-m", "First"]);
  write({ "new.txt": "not committed\n" });
});
afterEach(() => rmSync(tree, { recursive: true, force: true }));

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, name)), { recursive: true });
    writeFileSync(join(tree, name), text);
  }
}

type Run = {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly done: Promise<{ readonly code: number | null; readonly stdout: string }>;
};

function slipwayRun(...args: string[]): Run {
  const child = spawn(process.execPath, [program, "run", "--executor", "docker-socket", ...args], {
    cwd: tree,
    env: { ...process.env, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let output = "";
  child.stdout.on("data", (bytes: Buffer) => {
    stdout += bytes;
    output += bytes;
  });
  child.stderr.on("data", (bytes: Buffer) => {
    output += bytes;
  });
  const done = new Promise<{ code: number | null; stdout: string }>((settle) => {
    child.once("close", (code) => settle({ code, stdout }));
  });
  return { child, output: () => output, done };
}

async function until(run: Run, text: string): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (run.output().includes(text)) return;
    await sleep(100);
  }
  throw new Error(`It never said "${text}":\n${run.output()}`);
}

/** What the run's environments left on the engine, and its own directory. */
async function remainsOf(output: string): Promise<string[]> {
  const environment = /slipway-runner \S+ on (\w+)-p1-e\d/.exec(output)?.[1];
  const port = /Images go to [^:]+:(\d+)/.exec(output)?.[1];
  if (environment === undefined || port === undefined) throw new Error(output);
  const { dockerClient, dockerSocket } = await findMachine();
  const env = { ...process.env, DOCKER_HOST: `unix://${dockerSocket}` };
  const labels = '{{.Label "dev.slipway.environment"}}';
  const found: string[] = [];
  for (const list of [
    ["ps", "-a"],
    ["network", "ls"],
    ["volume", "ls"],
  ]) {
    const { stdout } = await run(dockerClient, [...list, "--format", labels], { env });
    found.push(...stdout.split("\n").filter((name) => name.startsWith(environment)));
  }
  const directory = join(tmpdir(), `slipway-run-${Number(port) - 1}`);
  return existsSync(directory) && !isInUse(directory) ? [...found, directory] : found;
}

/** By another run that has taken the port since: the one that is looked for has ended. */
function isInUse(directory: string): boolean {
  try {
    const pid = Number(readFileSync(join(directory, "run.pid"), "utf8"));
    return pid > 0 && isRunning(pid);
  } catch {
    return false;
  }
}

describe("slipway run", () => {
  test("runs named jobs, with what they need, on the tree as it is on disk", async () => {
    const index = readFileSync(join(tree, ".git/index"));
    const { done, output } = slipwayRun("build", "deploy", "--variable", "WORD=a=b", "--ref", "x");
    expect((await done).code, output()).toBe(0);
    const said = output();
    for (const line of [
      "unit | not committed",
      "unit | push on x with a=b",
      "deploy | deployed",
      "build | x: digest: sha256:",
    ]) {
      expect(said).toContain(line);
    }
    expect(said).not.toMatch(/^(?:broken|slow) \|/m);
    expect(readFileSync(join(tree, ".git/index"))).toEqual(index);
    const { stdout } = await run("git", ["-C", tree, "status", "--porcelain"]);
    expect(stdout).toBe("?? new.txt\n");
    expect(await remainsOf(said)).toEqual([]);
  });

  test("ends with exit code 1 and the reason when a job fails, as JSON too", async () => {
    const { done, output } = slipwayRun("broken", "--json", "--source", "web");
    const { code, stdout } = await done;
    expect(code).toBe(1);
    expect(output()).toContain("broken | failed");
    const pipeline: PipelineView = JSON.parse(stdout);
    expect(pipeline).toMatchObject({ status: "failed", source: "web" });
    expect(jobsOf(pipeline)).toMatchObject({ broken: { status: "failed", exit_code: 7 } });
    expect(await remainsOf(output())).toEqual([]);
  });

  test.each([
    [["nothing"], "this pipeline has no job nothing; it has build, unit, broken, slow, deploy"],
    [["--ref", "no..way"], "no..way"],
    [["--path", "../elsewhere"], "cannot be a project's path"],
  ])("given %j says why it runs nothing", async (args, why) => {
    const { done, output } = slipwayRun(...args);
    expect((await done).code).not.toBe(0);
    expect(output()).toContain(why);
    expect(output()).not.toContain("    at ");
  });

  test("cancels at Ctrl-C and leaves nothing behind", async () => {
    const started = slipwayRun("slow");
    await until(started, "slow | tick 2");
    started.child.kill("SIGINT");
    expect((await started.done).code).toBe(1);
    expect(started.output()).toContain("slow | canceled");
    expect(await remainsOf(started.output())).toEqual([]);
  });

  test("leaves at once at a second Ctrl-C, and leaves nothing behind", async () => {
    write({
      ".gitlab-ci.yml":
        "deaf:\n  image: busybox\n  script:\n    - trap '' TERM INT\n    - echo now\n    - for i in $(seq 600); do sleep 0.1; done\n",
    });
    const started = slipwayRun();
    await until(started, "deaf | now");
    started.child.kill("SIGINT");
    await until(started, "Canceling");
    started.child.kill("SIGINT");
    expect((await started.done).code).toBe(1);
    expect(started.output()).not.toContain("deaf | canceled");
    expect(await remainsOf(started.output())).toEqual([]);
  });

  test.for(["slipway.yaml", ".slipway/slipway.yaml"])(
    "obeys no %s of the tree, and hands over no secret unasked",
    async (file) => {
      const data = mkdtempSync(join(tmpdir(), "slipway-data-"));
      mkdirSync(join(data, "secrets"), { mode: 0o700 });
      await fileSecrets(join(data, "secrets")).rotate("prot-secret", "CANARY-of-another-project");
      const settings =
        "defaults: {executor: shell, variables: {STOLEN: {secret: prot-secret}, PLAIN: from-settings}}\n";
      const script = 'echo "got <$STOLEN> <$PLAIN>" | rev';
      write({
        ".gitlab-ci.yml": `job:\n  image: busybox\n  script:\n    - ${script}\n`,
        [file]: settings,
      });
      const start = (...more: string[]) => {
        const child = spawn(process.execPath, [program, "run", "job", ...more], {
          cwd: tree,
          env: {
            ...process.env,
            NO_COLOR: "1",
            ...(file === "slipway.yaml" && { SLIPWAY_DATA: data }),
          },
          stdio: ["ignore", "pipe", "pipe"],
        });
        let output = "";
        for (const stream of [child.stdout, child.stderr])
          stream.on("data", (bytes: Buffer) => {
            output += bytes;
          });
        return new Promise<string>((settle) => child.once("close", () => settle(output)));
      };
      try {
        const said = await start();
        expect(said).toContain(">< >< tog");
        expect(said).not.toMatch(/shell executor|"shell"/);
        const named = ["--config", file, "--executor", "docker-socket"];
        expect(await start(...named)).toContain(">sgnittes-morf< >< tog");
        expect(await start(...named, "--secrets", "--data", data)).toContain(
          "tcejorp-rehtona-fo-YRANAC",
        );
      } finally {
        rmSync(data, { recursive: true, force: true });
      }
    },
  );

  test("that was killed is cleared away by the next one", async () => {
    const killed = slipwayRun("slow");
    await until(killed, "slow | tick 1");
    killed.child.kill("SIGKILL");
    await killed.done;
    expect(await remainsOf(killed.output())).not.toEqual([]);
    expect((await slipwayRun("unit").done).code).toBe(0);
    expect(await remainsOf(killed.output())).toEqual([]);
  });
});
