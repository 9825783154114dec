import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const directory = mkdtempSync(join(tmpdir(), "slipway-synth-"));
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

type Outcome = { readonly code: number | null; readonly output: string };

/** Without what `npx` and `npm run` add: `cdk` may also be called by its path. */
const searchPath = (process.env.PATH ?? "")
  .split(delimiter)
  .filter((path) => !path.endsWith("node_modules/.bin"))
  .join(delimiter);

/** `cdk synth` as people run it, on a machine without AWS credentials and without a way out. */
function synth(settings: string, output: string): Promise<Outcome> {
  const { HOME } = process.env;
  const child = spawn(
    join(root, "node_modules/.bin/cdk"),
    ["synth", "--quiet", "--no-notices", "--strict", "-c", `settings=${settings}`, "-o", output],
    {
      cwd: root,
      env: {
        HOME,
        PATH: searchPath,
        AWS_EC2_METADATA_DISABLED: "true",
        CDK_DISABLE_CLI_TELEMETRY: "true",
        CDK_DISABLE_VERSION_CHECK: "true",
        HTTP_PROXY: "http://127.0.0.1:9",
        HTTPS_PROXY: "http://127.0.0.1:9",
        NO_COLOR: "1",
      },
    },
  );
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
  }
  return new Promise((done) => {
    child.on("close", (code) => done({ code, output: text }));
  });
}

const output = join(directory, "cdk.out");
let outcome: Outcome;
beforeAll(async () => {
  outcome = await synth("test/infra/slipway.yaml", output);
}, 170_000);

test("cdk synth passes CDK's own validation without error or warning, offline", () => {
  expect(outcome.output).toContain("Successfully synthesized");
  expect(outcome.output).not.toMatch(/ERROR|WARNING/);
  expect(outcome.code).toBe(0);
});

test("what is deployed are the functions' bundles, and the runner with its buildspecs", () => {
  const assets = readdirSync(output)
    .filter((name) => name.startsWith("asset."))
    .map((name) => join(output, name));
  const functions = assets.filter((path) => existsSync(join(path, "main.mjs")));
  expect(functions).toHaveLength(4);
  for (const path of functions) {
    expect(readFileSync(join(path, "settings.json"), "utf8")).toContain("group/forked");
    expect(existsSync(join(path, "Dockerfile.gitlab-ci.yml"))).toBe(true);
  }
  const others = assets.filter((path) => !functions.includes(path));
  expect(others.map((path) => readdirSync(path).toSorted())).toEqual([
    ["buildspecs", "runner.mjs"],
  ]);
});

test("wrong settings end it before any template is made, with every line and no stack trace", async () => {
  const file = join(directory, "slipway.yaml");
  writeFileSync(file, "aws:\n  regoin: here\n  compute: huge\n");
  const nothing = join(directory, "nothing");
  const { code, output: text } = await synth(file, nothing);
  expect(code).toBe(1);
  expect(text).toContain(`${file}:2:3: error: aws: unknown key \`regoin\``);
  expect(text).toContain(`${file}:3:3: error: aws.compute: must be one of`);
  expect(text).not.toMatch(/^\s+at /m);
  expect(() => readdirSync(join(nothing, "cdk.out"))).toThrow();
}, 100_000);
