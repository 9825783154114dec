import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  makeRepository,
  pipelineOf,
  type Repository,
  reservePorts,
  type Slipway,
  startSlipway,
} from "../test/end-to-end/harness.ts";
import {
  type Door,
  doorsOf,
  mostLeft,
  startOwnMirror,
  type Weathered,
  weather,
} from "../test/security/support/storm.ts";
import type { Benchmark, Row } from "./report.ts";

const requests = 10_000;
const project = "storm/app";

const config = `
stages: [make, use]
make:
  stage: make
  script:
    - head -c 3000000 /dev/urandom > file
    - for i in $(seq 1 20); do echo "line $i"; sleep 0.5; done
  artifacts: { paths: [file] }
use:
  stage: use
  script: [test "$(wc -c < file)" -eq 3000000]
`;

/** Is rude to one door after the other. */
async function blow(doors: readonly Door[], storm: { over: boolean }): Promise<Weathered[]> {
  const weathered: Weathered[] = [];
  try {
    for (const door of doors) weathered.push(await weather(door, requests, 100));
  } finally {
    storm.over = true;
  }
  return weathered;
}

/** Pushes and waits for the verdict, over and over until the storm is over. */
async function pipelinesBeside(
  slipway: Slipway,
  repository: Repository,
  storm: { readonly over: boolean },
): Promise<string[]> {
  const verdicts: string[] = [];
  do {
    const { sha } = await repository.push({ message: `pipeline ${verdicts.length}` });
    verdicts.push((await pipelineOf(slipway, project, sha)).status);
  } while (!storm.over);
  return verdicts;
}

/** Rudeness at every listener of a service that runs pipelines meanwhile. */
export const benchmark: Benchmark = {
  title: `Doors, ${requests.toLocaleString("en")} aborted, half-sent, reset and oversized requests at each beside pipelines`,
  run: async () => {
    const slipway = await startSlipway(`projects:\n  ${project}: { executor: shell }\n`);
    const { port, release } = await reservePorts();
    const mirror = await startOwnMirror(slipway, port);
    try {
      const repository = await makeRepository(slipway, project);
      repository.write({ ".gitlab-ci.yml": config });
      const doors = [...doorsOf(slipway, project), mirror.door];
      const storm = { over: false };
      const start = performance.now();
      const [weathered, verdicts] = await Promise.all([
        blow(doors, storm).then((all) => ({ all, seconds: (performance.now() - start) / 1000 })),
        pipelinesBeside(slipway, repository, storm),
      ]);
      const log = readFileSync(join(slipway.data, "service.log"), "utf8");
      return [
        ...weathered.all.map(
          ({ door, alive, left }): Row => ({
            name: `left open by ${door}${alive ? "" : ", which DIED"}`,
            value: left,
            unit: "",
            goal: `≤ ${mostLeft}`,
          }),
        ),
        {
          name: "requests",
          value: (requests * doors.length) / weathered.seconds,
          unit: "requests/s",
        },
        { name: "pipelines beside", value: verdicts.length, unit: "pipelines" },
        {
          name: "pipelines that were not green",
          value: verdicts.filter((status) => status !== "success").length,
          unit: "",
          goal: "0",
        },
        {
          name: "faults in the service's log",
          value: log.split("\n").filter((line) => line.includes('"level":"error"')).length,
          unit: "",
          goal: "0",
        },
      ];
    } finally {
      await mirror.stop();
      release();
      await slipway.stop();
    }
  },
};
