import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { closeOwnMachine } from "#runner/aws/close-metadata.ts";

// iptables and ip6tables stand first on PATH and note what they are told: real rules would be this machine's.
let directory = "";
let notes = "";
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "slipway-iptables-"));
  notes = join(directory, "notes");
  await iptables('echo "$0 $*" >> "$NOTES"; [ "$3" != -C ]');
  vi.stubEnv("PATH", `${directory}:${process.env.PATH}`);
  vi.stubEnv("NOTES", notes);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(directory, { recursive: true });
});

async function iptables(script: string): Promise<void> {
  for (const name of ["iptables", "ip6tables"]) {
    await writeFile(join(directory, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(directory, name), 0o755);
  }
}

async function rules(): Promise<string> {
  return readFile(notes, "utf8").catch(() => "");
}

test("a build's containers are kept from its role, the runner is not", async () => {
  await closeOwnMachine({ ownMachine: true, executor: "docker-in-docker" }, (sentence) => {
    throw new Error(sentence);
  });
  expect(await rules()).toMatch(/-I DOCKER-USER -d \S*169\.254\.170\.2,\S* -j REJECT/);
  expect(await rules()).not.toContain("OUTPUT");
});

test.each([
  ["another machine than a build's", { executor: "docker-in-docker" }],
  [
    "a build of a project that may",
    { ownMachine: true, allowMetadata: true, executor: "docker-socket" },
  ],
  ["a build of shell jobs", { ownMachine: true, executor: "shell" }],
] as const)("nothing is closed on %s", async (_what, settings) => {
  await closeOwnMachine(settings, () => undefined);
  expect(await rules()).toBe("");
});

test("what cannot be closed is said, with the reason, and the build goes on", async () => {
  await iptables("echo Permission denied >&2; exit 4");
  const said: string[] = [];
  await closeOwnMachine({ ownMachine: true, executor: "docker-socket" }, (each) => said.push(each));
  expect(said).toEqual([
    expect.stringMatching(/in reach of this build's jobs: .*Permission denied/s),
  ]);
});
