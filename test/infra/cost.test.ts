import { expect, test } from "vitest";
import { httpGigabytes } from "#project/webhook-cost.ts";
import { propertiesOf, templatesFrom } from "./stubs.ts";

test("costs are calculated for the function `http` as it is deployed", () => {
  const functions = propertiesOf(
    templatesFrom("aws: {project_stacks: 1}"),
    "AWS::Lambda::Function",
  );
  const http = functions.find(({ FunctionName }) => FunctionName === "slipway-http");
  expect(http).toMatchObject({ MemorySize: httpGigabytes * 1024, Architectures: ["arm64"] });
});
