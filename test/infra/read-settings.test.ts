import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseSettings } from "#project/parse-settings.ts";
import { placeFor } from "../../infra/place.ts";
import { readSettings, SettingsFileError } from "../../infra/read-settings.ts";

const directory = mkdtempSync(join(tmpdir(), "slipway-settings-"));
const lab = "forges: {lab: {kind: gitlab, token: {secret: t}, clone_token: {secret: r}}}";

function problemsOf(text: string): string {
  const file = join(directory, "slipway.yaml");
  writeFileSync(file, text);
  try {
    readSettings(file);
    return "";
  } catch (error) {
    if (!(error instanceof SettingsFileError)) throw error;
    return error.message.replaceAll(file, "slipway.yaml");
  }
}

describe("a wrong slipway.yaml", () => {
  test.for<[string, readonly RegExp[]]>([
    ["aws:\n  regoin: x\n", [/^slipway.yaml:2:3: error: aws: unknown key `regoin`$/]],
    [
      "aws:\n  compute: huge\nprojects:\n  a/b: {executor: magic}\n",
      [/^slipway.yaml:2:3: error: aws.compute: /, /^slipway.yaml:4:9: error: .*executor: /],
    ],
    ["aws: [\n", [/^slipway.yaml:2:1: error: /]],
    [
      `${lab}\nprojects:\n  group/app: {forge: lab}\n  group/b__c: {forge: lab}\n  c/d:\n`,
      [
        /^slipway.yaml:4:3: error: projects.group\/b__c: .*Amazon ECR/,
        /^slipway.yaml:5:3: error: projects.c\/d: names no `forge`/,
      ],
    ],
    [
      `${lab}\naws:\n  project_stacks: 1\nprojects:\n${Array.from({ length: 130 }, (_, index) => `  group/p${index}: {forge: lab}`).join("\n")}`,
      [/^slipway.yaml:3:3: error: aws.project_stacks: 130 projects are too many for 1 stack/],
    ],
  ])("%# is told line by line", ([text, expected]) => {
    const lines = problemsOf(text).split("\n");
    expect(lines).toEqual(expected.map((pattern) => expect.stringMatching(pattern)));
  });

  test("a file that is not there is named, with what to do", () => {
    expect(() => readSettings(join(directory, "absent.yaml"))).toThrow(
      /absent\.yaml: error: cannot be read .*slipway\.example\.yaml/,
    );
  });
});

function awsOf(text: string) {
  const parsed = parseSettings(text);
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.settings.aws;
}

describe("where to deploy", () => {
  test.for<[string, Readonly<Record<string, string>>, object]>([
    [
      "",
      { CDK_DEFAULT_REGION: "us-east-1", CDK_DEFAULT_ACCOUNT: "111122223333" },
      { region: "us-east-1", account: "111122223333" },
    ],
    [
      "aws: {region: eu-west-1}",
      { CDK_DEFAULT_REGION: "us-east-1" },
      { region: "eu-west-1", account: undefined },
    ],
    [
      'aws: {account: "444455556666"}',
      { AWS_REGION: "eu-west-2", CDK_DEFAULT_ACCOUNT: "111122223333" },
      { region: "eu-west-2", account: "444455556666" },
    ],
  ])("%j with %j is %j", ([text, environment, place]) => {
    expect(placeFor(awsOf(text), environment)).toEqual(place);
  });

  test("without any region it is asked for", () => {
    expect(() => placeFor(awsOf(""), {})).toThrow(/set `region`/);
  });
});
