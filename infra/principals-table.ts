import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as z from "zod/mini";
import { parseSettings } from "#project/parse-settings.ts";
import cdkJson from "../cdk.json" with { type: "json" };
import { type Principal, principalsOf } from "./principals.ts";
import { slipwayApp } from "./slipway-app.ts";
import { templateSchema } from "./template-text.ts";

const region = "eu-central-1";
const account = "111122223333";

/** One project that shows everything that a project can have. */
const example = `
forges:
  company: {kind: gitlab, token: {secret: a}, clone_token: {secret: b}}
projects:
  group/my-app: {forge: company, forks: approve}
`;

/** For docs/security.md: everybody on AWS and what they may do, as the templates say. */
export function principalsTable(): string {
  const parsed = parseSettings(example);
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  // No template tells what is in an asset, so any directory stands for it.
  const asset = fileURLToPath(new URL("../buildspecs", import.meta.url));
  const outdir = mkdtempSync(join(tmpdir(), "slipway-principals-"));
  const app = slipwayApp(parsed.settings, {
    place: { account, region },
    assets: {
      functions: { http: asset, work: asset, builds: asset, sweep: asset },
      runner: asset,
    },
    version: "0",
    app: { context: cdkJson.context, analyticsReporting: false, autoSynth: false, outdir },
  });
  const principals = app
    .synth()
    .stacks.flatMap(({ template }) => principalsOf(z.parse(templateSchema, template)));
  rmSync(outdir, { recursive: true });
  return [
    "| principal | may | on |",
    "|---|---|---|",
    ...principals.flatMap((principal) => rowsOf(principal)),
  ].join("\n");
}

function rowsOf({ name, takenBy, takenOnlyIf, shares, statements }: Principal): readonly string[] {
  const who = takenBy === undefined ? `policy \`${shown(name)}\`` : `role \`${shown(name)}\``;
  const when = takenOnlyIf === undefined ? "" : `, only if \`${shown(takenOnlyIf)}\``;
  const by = takenBy === undefined ? "" : `, taken by \`${takenBy}\`${when}`;
  const shared = shares.map((policy) => [`all of the policy \`${shown(policy)}\``, ""] as const);
  const own = statements.map(({ actions, resources, conditions }) => {
    const only = conditions === undefined ? "" : `, only if \`${conditions}\``;
    return [code(actions), code(resources.map(withoutArn)) + only] as const;
  });
  return [...shared, ...own].map(
    ([may, on], index) => `| ${index === 0 ? who + by : ""} | ${may} | ${on} |`,
  );
}

function code(texts: readonly string[]): string {
  return texts.map((text) => `\`${text}\``).join(", ");
}

function withoutArn(resource: string): string {
  return shown(resource.replace(/^arn:[^:]*:([^:]*):[^:]*:[^:]*:/, "$1 "));
}

/** Without the installation's place, and without the hash that each runner's file is named by. */
function shown(text: string): string {
  return text
    .replaceAll(region, "REGION")
    .replaceAll(account, "ACCOUNT")
    .replace(/[0-9a-f]{64}\.zip/, "RUNNER.zip");
}
