import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  jobsOf,
  makeRepository,
  pipelineOf,
  reservePorts,
  type Slipway,
  startSlipway,
} from "../end-to-end/harness.ts";
import { rudenesses } from "./support/rude-client.ts";
import { doorsOf, mostLeft, startOwnMirror, weather } from "./support/storm.ts";

const project = "storm/app";
/** Each rudeness at least ten times at each door. */
const count = rudenesses.length * 10;

let slipway: Slipway;
beforeAll(async () => {
  slipway = await startSlipway(`projects:\n  ${project}: { executor: shell }\n`);
});
afterAll(() => slipway.stop());

test("aborted, half-sent, reset and oversized requests at every door end nothing beside a running pipeline", async () => {
  const repository = await makeRepository(slipway, project);
  const over = join(repository.directory, ".git/storm-is-over");
  repository.write({
    ".gitlab-ci.yml": `
stages: [make, use]
make:
  stage: make
  script:
    - head -c 3000000 /dev/urandom > file
    - until [ -e "${over}" ]; do echo "still here"; sleep 0.5; done
  artifacts: { paths: [file] }
use:
  stage: use
  script: [test "$(wc -c < file)" -eq 3000000]
`,
  });
  const { sha } = await repository.push();
  const { port, release } = await reservePorts();
  const mirror = await startOwnMirror(slipway, port);
  try {
    for (const door of [...doorsOf(slipway, project), mirror.door]) {
      const { alive, left } = await weather(door, count);
      expect([door.name, alive]).toEqual([door.name, true]);
      expect(left, `left open by ${door.name}`).toBeLessThanOrEqual(mostLeft);
    }
    writeFileSync(over, "");
  } finally {
    await mirror.stop();
    release();
  }
  const pipeline = await pipelineOf(slipway, project, sha);
  expect([pipeline.status, Object.keys(jobsOf(pipeline))]).toEqual(["success", ["make", "use"]]);
  const log = readFileSync(join(slipway.data, "service.log"), "utf8");
  expect(log).not.toContain("this is a bug");
  expect(log.split("\n").filter((line) => line.includes('"level":"error"'))).toEqual([]);
});

test("pages ask for the access token at the running service, and for no token in an address", async () => {
  const ask = (headers: Record<string, string>) =>
    fetch(`http://127.0.0.1:${slipway.port}/`, { headers }).then(({ status }) => status);
  const basic = (password: string) => ({
    authorization: `Basic ${Buffer.from(`me:${password}`).toString("base64")}`,
  });
  expect(await ask({})).toBe(401);
  expect(await ask(basic("wrong"))).toBe(401);
  expect(await ask(basic(slipway.token()))).toBe(200);
});
