import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { PipelineView } from "#service/view/pipeline-view.ts";
import {
  jobsOf,
  logOf,
  makeRepository,
  pipelineOf,
  type Repository,
  type Slipway,
  startSlipway,
} from "../test/end-to-end/harness.ts";
import { installPeer, type Peer } from "./peer.ts";
import { type Benchmark, median, type Row } from "./report.ts";

const run = promisify(execFile);
const rounds = 5;
const project = "bench/app";

/** Four stages, five jobs, a second of test in each of the two tests: the example of GitLab's documents. */
const config = `
image: docker:stable
stages: [build, test, release, deploy]
variables:
  UNDER_TEST: $CI_REGISTRY_IMAGE:$CI_COMMIT_REF_SLUG
  RELEASED: $CI_REGISTRY_IMAGE:latest
before_script:
  - echo "started at $(cut -d ' ' -f 1 /proc/uptime)"
  - docker login -u $CI_REGISTRY_USER -p $CI_REGISTRY_PASSWORD $CI_REGISTRY
build:
  stage: build
  script:
    - docker build --pull -t $UNDER_TEST .
    - docker push $UNDER_TEST
test1:
  stage: test
  script:
    - docker pull $UNDER_TEST
    - docker run $UNDER_TEST sleep 1
test2:
  stage: test
  script:
    - docker pull $UNDER_TEST
    - docker run $UNDER_TEST sleep 1
release:
  stage: release
  script:
    - docker pull $UNDER_TEST
    - docker tag $UNDER_TEST $RELEASED
    - docker push $RELEASED
deploy:
  stage: deploy
  script: [./deploy.sh]
`;

/** The same commands in one shell: what the work itself costs here. */
const floorScript = `
set -e
git -c credential.helper= -c http.extraHeader="Authorization: Basic $BASIC" clone -q "$REPOSITORY" checkout
cd checkout
login() { echo "$TOKEN" | docker login -u owner --password-stdin "$REGISTRY"; }
login; docker build --pull -t "$IMAGE:floor" .; docker push "$IMAGE:floor"
(login; docker pull "$IMAGE:floor"; docker run --rm "$IMAGE:floor" sleep 1) & first=$!
(login; docker pull "$IMAGE:floor"; docker run --rm "$IMAGE:floor" sleep 1) & second=$!
wait $first; wait $second
login; docker pull "$IMAGE:floor"; docker tag "$IMAGE:floor" "$IMAGE:floor-latest"; docker push "$IMAGE:floor-latest"
login; ./deploy.sh
`;

export const benchmark: Benchmark = {
  title: "A push through four stages (docker-socket)",
  run: measure,
};

async function measure(): Promise<readonly Row[]> {
  const slipway = await startSlipway("defaults:\n  executor: docker-socket\n");
  try {
    const repository = await makeRepository(slipway, project);
    repository.write({
      Dockerfile: "FROM busybox\nCOPY app /app\n",
      app: "the application\n",
      ".gitlab-ci.yml": config,
      "deploy.sh": "#!/bin/sh\necho deployed\n",
    });
    await run("chmod", ["+x", join(repository.directory, "deploy.sh")]);
    const peer = await installPeer();
    if (typeof peer === "string") console.log(`  ${peer}`);
    else await provideHelperImage(slipway);
    const figures = {
      floor: [] as number[],
      slipway: [] as number[],
      first: [] as number[],
      container: [] as number[],
      peer: [] as number[],
    };
    for (let round = 0; round <= rounds; round++) {
      const whole = await pushAndWait(slipway, repository);
      const floor = await timed(() => runFloor(slipway));
      const container = await timed(() => docker(slipway, "run", "--rm", "docker:stable", "true"));
      const other =
        typeof peer === "string"
          ? undefined
          : await timed(() => runPeer(slipway, repository, peer));
      // The first round warms caches and images.
      if (round === 0) continue;
      figures.slipway.push(whole.seconds);
      figures.first.push(whole.untilFirstLine);
      figures.floor.push(floor);
      figures.container.push(container);
      if (other !== undefined) figures.peer.push(other);
    }
    return rowsOf(figures);
  } finally {
    await slipway.stop();
  }
}

function rowsOf(
  figures: Record<"floor" | "slipway" | "first" | "container" | "peer", number[]>,
): readonly Row[] {
  const floor = { name: "the commands in a shell", value: median(figures.floor) };
  const container = { name: "a container's start", value: median(figures.container) };
  return [
    {
      name: "git push → pipeline done",
      value: median(figures.slipway),
      unit: "s",
      floor,
      goal: "≤ 1.8 ×",
    },
    {
      name: "push accepted → first job's script",
      value: median(figures.first),
      unit: "s",
      floor: container,
      goal: `≤ ${(container.value + 0.5).toFixed(2)} s`,
    },
    ...(figures.peer.length === 0
      ? []
      : [
          {
            name: "gitlab-ci-local, the same pipeline",
            value: median(figures.peer),
            unit: "s",
            floor,
          },
        ]),
  ];
}

/** Seconds from the start of `git push` to the end, and from git's update to the first line of the first script. */
async function pushAndWait(
  slipway: Slipway,
  repository: Repository,
): Promise<{ seconds: number; untilFirstLine: number }> {
  repository.write({ app: `the application of ${Date.now()}\n` });
  const began = Date.now();
  const { sha } = await repository.push();
  const pipeline = await pipelineOf(slipway, project, sha, { seconds: 60 });
  if (pipeline.status !== "success") throw new Error(`The pipeline ended as ${pipeline.status}.`);
  return {
    seconds: (Date.parse(pipeline.finished_at ?? "") - began) / 1000,
    untilFirstLine: await untilFirstLine(slipway, pipeline),
  };
}

/** The script prints the machine's uptime; the pipeline is created when git's hook has told of the push. */
async function untilFirstLine(slipway: Slipway, pipeline: PipelineView): Promise<number> {
  const log = await logOf(slipway, jobsOf(pipeline).build?.id ?? 0);
  const uptime = Number(/^started at ([\d.]+)/m.exec(log)?.[1]);
  const { stdout } = await run("cut", ["-d", " ", "-f", "1", "/proc/uptime"]);
  const bootedAt = Date.now() / 1000 - Number(stdout);
  return bootedAt + uptime - Date.parse(pipeline.created_at) / 1000;
}

async function runFloor(slipway: Slipway): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "slipway-floor-"));
  const shim = join(directory, "bin");
  await run("mkdir", [shim]);
  await run("ln", ["-s", slipway.machine.dockerClient, join(shim, "docker")]);
  const registry = slipway.registryHost;
  await run("bash", ["-c", floorScript], {
    cwd: directory,
    env: {
      ...process.env,
      PATH: `${shim}:${process.env.PATH}`,
      DOCKER_CONFIG: join(directory, "docker"),
      DOCKER_HOST: `unix://${slipway.machine.dockerSocket}`,
      TOKEN: slipway.token(),
      BASIC: Buffer.from(`owner:${slipway.token()}`).toString("base64"),
      REPOSITORY: `http://127.0.0.1:${slipway.port}/${project}.git`,
      REGISTRY: registry,
      IMAGE: `${registry}/${project}`,
    },
  });
  await rm(directory, { recursive: true, force: true });
}

async function docker(slipway: Slipway, ...args: string[]): Promise<void> {
  await run(slipway.machine.dockerClient, args, {
    env: { ...process.env, DOCKER_HOST: `unix://${slipway.machine.dockerSocket}` },
  });
}

const helperImage = "firecow/gitlab-ci-local-util:latest";

/** The peer copies files with a helper image; a busybox does that too where the helper cannot be pulled. */
async function provideHelperImage(slipway: Slipway): Promise<void> {
  const pulled = docker(slipway, "image", "inspect", helperImage).catch(() =>
    docker(slipway, "pull", helperImage),
  );
  await pulled.catch(() => docker(slipway, "tag", "docker:stable", helperImage));
}

/** The working tree on the same engine, its socket bound into the jobs, the registry's name and token given by hand. */
async function runPeer(slipway: Slipway, repository: Repository, peer: Peer): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), "slipway-peer-"));
  await writeFile(join(repository.directory, ".gitignore"), ".gitlab-ci-local/\n");
  const image = `${slipway.registryHost}/${project}`;
  await run(
    peer.node,
    [
      peer.program,
      "--pull-policy",
      "if-not-present",
      "--volume",
      `${slipway.machine.dockerSocket}:/var/run/docker.sock`,
      "--variable",
      `CI_REGISTRY=${slipway.registryHost}`,
      "--variable",
      `CI_REGISTRY_IMAGE=${image}`,
      "--variable",
      "CI_REGISTRY_USER=owner",
      "--variable",
      `CI_REGISTRY_PASSWORD=${slipway.token()}`,
    ],
    {
      cwd: repository.directory,
      env: { ...process.env, HOME: home, DOCKER_HOST: `unix://${slipway.machine.dockerSocket}` },
      maxBuffer: 1e8,
    },
  );
  await rm(home, { recursive: true, force: true });
}

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}
