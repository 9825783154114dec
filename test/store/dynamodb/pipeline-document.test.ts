import { expect, test } from "vitest";
import type { Need } from "#language/plan.ts";
import { fromDocument, toDocument } from "#store/dynamodb/pipeline-document.ts";
import { exampleJob, examplePipeline } from "../example-pipeline.ts";

const need = (job: string, changes: Partial<Need> = {}): Need => ({
  job,
  artifacts: true,
  optional: false,
  ...changes,
});

test.for([
  ["no needs", [undefined]],
  ["empty needs", [[]]],
  [
    "all kinds of needs",
    [[need("a"), need("b", { artifacts: false }), need("c", { optional: true })]],
  ],
  ["attempts of one job", [[need("a")], [need("a")]]],
  ["attempts that differ", [[need("a")], [need("b")], undefined, []]],
] as const)("a pipeline with %s comes back as it was", ([, lists]) => {
  const jobs = lists.map((needs, row) =>
    exampleJob({ id: 100_001 + row, planIndex: 0, ...(needs && { needs }) }),
  );
  const pipeline = examplePipeline({ jobs });
  expect(fromDocument(JSON.parse(JSON.stringify(toDocument(pipeline))))).toEqual(pipeline);
  expect(fromDocument(JSON.parse(JSON.stringify(pipeline)))).toEqual(pipeline);
});
