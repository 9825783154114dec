import { parse } from "yaml";
import { factsOf } from "#cli/author/facts.ts";
import { compile } from "#language/compile.ts";
import type { Plan } from "#language/plan.ts";
import type { CompileRequest } from "#language/source.ts";
import { type Benchmark, median, type Row } from "./report.ts";
import { fiveJobs } from "./sample-file.ts";

/** A generated file: each job in full, as programs write them. */
function manyJobs(count: number): string {
  const job = (index: number): string => `
service-${index}:
  stage: ${index % 2 === 0 ? "build" : "test"}
  image: alpine:3.20
  variables:
    NAME: service-${index}
  script:
    - docker build -t $CI_REGISTRY_IMAGE/$NAME:$CI_COMMIT_SHORT_SHA services/$NAME
    - docker push $CI_REGISTRY_IMAGE/$NAME:$CI_COMMIT_SHORT_SHA
  rules:
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
    - if: $CI_COMMIT_TAG
      when: manual`;
  return `stages: [build, test]${Array.from({ length: count }, (_, index) => job(index)).join("")}\n`;
}

/** A generated file whose jobs share a template, as people write generators. */
function templatedJobs(count: number): string {
  const job = (index: number): string => `
service-${index}:
  extends: .service
  variables: {NAME: service-${index}}`;
  return `.service:
  image: alpine:3.20
  script: [docker build services/$NAME, docker push $CI_REGISTRY_IMAGE/$NAME]
  rules:
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
${Array.from({ length: count }, (_, index) => job(index)).join("")}\n`;
}

const facts = factsOf({ source: "push", path: "group/project" }, ".gitlab-ci.yml");

function requestFor(text: string): CompileRequest {
  return {
    text,
    file: ".gitlab-ci.yml",
    facts,
    iid: 1,
    pipelineVariables: [],
    projectVariables: [],
    reader: {
      local: async () => undefined,
      paths: async () => [],
      changedPaths: async () => "unknown",
    },
  };
}

async function planOf(text: string): Promise<Plan> {
  const result = await compile(requestFor(text));
  if (result.status === "created") return result.plan;
  throw new Error(`The benchmark's file is ${result.status}: ${JSON.stringify(result)}`);
}

/** Median milliseconds of a run once the code is warm. */
async function warm(rounds: number, work: () => unknown): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < 2 * rounds; round += 1) {
    const start = performance.now();
    await work();
    if (round >= rounds) times.push(performance.now() - start);
  }
  return median(times);
}

type Measured = { readonly compile: number; readonly yaml: number; readonly json: number };

async function measure(text: string, rounds: number): Promise<Measured> {
  const plan = JSON.stringify(await planOf(text));
  return {
    compile: await warm(rounds, () => planOf(text)),
    yaml: await warm(rounds, () => parse(text)),
    json: await warm(rounds, () => JSON.parse(plan)),
  };
}

async function run(): Promise<readonly Row[]> {
  const rows: Row[] = [];
  const add = (name: string, { compile, yaml, json }: Measured, goal?: string): void => {
    const row = { name, value: compile, unit: "ms", ...(goal && { goal }) };
    rows.push({
      ...row,
      floor: { name: "the YAML library's parse of the same text", value: yaml },
    });
    rows.push({
      name: `${name}, beside its plan`,
      value: compile,
      unit: "ms",
      floor: { name: "JSON.parse of the plan", value: json },
    });
  };
  add("compile 5 jobs", await measure(fiveJobs, 200), "≤ 3 ms");
  const sizes = [250, 500, 1_000];
  const measured = [];
  for (const size of sizes) measured.push(await measure(manyJobs(size), 10));
  for (const [index, one] of measured.entries()) {
    add(
      `compile ${sizes[index]} jobs written out`,
      one,
      sizes[index] === 1_000 ? "≤ 150 ms" : undefined,
    );
  }
  add("compile 1000 jobs of one template", await measure(templatedJobs(1_000), 10), "≤ 150 ms");
  const [first, last] = [measured.at(0), measured.at(-1)];
  if (first && last) {
    rows.push({
      name: "growth from 250 to 1000 jobs, for each job",
      value: last.compile / 1_000,
      unit: "ms",
      floor: { name: "a job of 250", value: first.compile / 250 },
      goal: "linear: about 1 ×",
    });
  }
  return rows;
}

export const benchmark: Benchmark = { title: "Compile a .gitlab-ci.yml, warm", run };
