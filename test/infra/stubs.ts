import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { App } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { parseSettings, type Settings } from "#project/parse-settings.ts";
import cdkJson from "../../cdk.json" with { type: "json" };
import type { Assets } from "../../infra/assets.ts";
import { slipwayApp } from "../../infra/slipway-app.ts";

export const account = "111122223333";
export const region = "eu-central-1";

/** What would be bundled, in next to no time: no template depends on what is inside. */
export function stubAssets(): Assets {
  const root = mkdtempSync(join(tmpdir(), "slipway-infra-"));
  const directory = (name: string): string => {
    mkdirSync(join(root, name));
    writeFileSync(join(root, name, "main.mjs"), `export const handler = "${name}";\n`);
    return join(root, name);
  };
  return {
    functions: {
      http: directory("http"),
      work: directory("work"),
      builds: directory("builds"),
      sweep: directory("sweep"),
    },
    runner: directory("runner"),
  };
}

export const forges =
  "forges: {lab: {kind: gitlab, token: {secret: t}, clone_token: {secret: r}}}\n";

/** The settings of a file that names a forge `lab` besides what is given. */
export function settingsFrom(text: string): Settings {
  const parsed = parseSettings(forges + text);
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.settings;
}

export function appFrom(text: string, options: { readonly account?: undefined } = {}): App {
  return slipwayApp(settingsFrom(text), {
    place: { account: "account" in options ? undefined : account, region },
    assets: stubAssets(),
    version: "1.2.3",
    app: { context: cdkJson.context, analyticsReporting: false },
  });
}

/** The template of each stack by its name. */
export function templatesFrom(text: string): ReadonlyMap<string, Template> {
  const assembly = appFrom(text).synth();
  return new Map(
    assembly.stacks.map((stack) => [stack.stackName, Template.fromJSON(stack.template)]),
  );
}
