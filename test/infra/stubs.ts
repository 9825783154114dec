import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { App } from "aws-cdk-lib";
import { onTestFinished } from "vitest";
import * as z from "zod/mini";
import { parseSettings, type Settings } from "#project/parse-settings.ts";
import cdkJson from "../../cdk.json" with { type: "json" };
import type { Assets } from "../../infra/assets.ts";
import { slipwayApp } from "../../infra/slipway-app.ts";
import { type ReadTemplate, templateSchema } from "../../infra/template-text.ts";

// Seconds for each app: a test of its own validates for real.
process.env.CDK_VALIDATION = "false";

export const account = "111122223333";
export const region = "eu-central-1";

/** What would be bundled, in next to no time: no template depends on what is inside. */
function stubAssets(root: string): Assets {
  const make = (name: string): string => {
    mkdirSync(join(root, name), { recursive: true });
    writeFileSync(join(root, name, "main.mjs"), `export const handler = "${name}";\n`);
    return join(root, name);
  };
  return {
    functions: {
      http: make("http"),
      work: make("work"),
      builds: make("builds"),
      sweep: make("sweep"),
    },
    runner: make("runner"),
  };
}

const forges = "forges: {lab: {kind: gitlab, token: {secret: t}, clone_token: {secret: r}}}\n";

/** The settings of a file that names a forge `lab` besides what is given. */
export function settingsFrom(text: string): Settings {
  const parsed = parseSettings(forges + text);
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.settings;
}

/** The app of a test; what it writes goes with the test. */
export function appFrom(text: string, place: { readonly account?: string } = { account }): App {
  const directory = mkdtempSync(join(tmpdir(), "slipway-infra-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return appIn(directory, text, place);
}

function appIn(directory: string, text: string, place: { readonly account?: string }): App {
  return slipwayApp(settingsFrom(text), {
    place: { account: place.account, region },
    assets: stubAssets(join(directory, "assets")),
    version: "1.2.3",
    // The flags that the CDK CLI passes on; tests validate where they say so.
    app: {
      context: { ...cdkJson.context, "aws:cdk:disable-stack-trace": true },
      analyticsReporting: false,
      treeMetadata: false,
      autoSynth: false,
      outdir: join(directory, "cdk.out"),
    },
  });
}

/** The template of each stack by its name. */
export function templatesFrom(text: string): ReadonlyMap<string, ReadTemplate> {
  const directory = mkdtempSync(join(tmpdir(), "slipway-infra-"));
  try {
    const { stacks } = appIn(directory, text, { account }).synth();
    return new Map(
      stacks.map(({ stackName, template }) => [stackName, z.parse(templateSchema, template)]),
    );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** All resources of a type, by their logical id. */
export function resourcesOf(
  templates: ReadonlyMap<string, ReadTemplate>,
  type: string,
): Readonly<Record<string, ReadTemplate["Resources"][string]>> {
  return Object.fromEntries(
    [...templates.values()].flatMap(({ Resources }) =>
      Object.entries(Resources).filter(([, { Type }]) => Type === type),
    ),
  );
}

export function propertiesOf(
  templates: ReadonlyMap<string, ReadTemplate>,
  type: string,
): readonly Readonly<Record<string, unknown>>[] {
  return Object.values(resourcesOf(templates, type)).map(({ Properties }) => Properties ?? {});
}

/** A project of each kind, and everything that can be chosen. */
export const everyProject = `
projects:
  group/app: {forge: lab}
  group/forked: {forge: lab, forks: approve}
  group/server: {forge: lab, executor: shell, docker_server: small}
  group/plain: {forge: lab, registry: false}
`;

export const everyChoice = `
aws:
  alarm_email: ops@example.com
  vpc: {id: vpc-11111111, subnets: [subnet-11111111, subnet-22222222], security_groups: [sg-11111111]}
  kms_key: arn:aws:kms:${region}:${account}:key/11111111-2222-3333-4444-555555555555
  permissions_boundary: arn:aws:iam::${account}:policy/boundary
  bucket: my-blobs
  build_image: ${account}.dkr.ecr.${region}.amazonaws.com/images/build:v1
  remove_images: true
  project_stacks: 1
  domain:
    name: slipway.example.com
    certificate: arn:aws:acm:${region}:${account}:certificate/c
    hosted_zone: {id: Z0123ABC, name: example.com}
${everyProject}`;
