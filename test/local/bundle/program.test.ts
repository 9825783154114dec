import { execFileSync } from "node:child_process";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { bundleProgram } from "#local/bundle/program.ts";

describe("bundling a program", () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "slipway-bundle-"));
  });

  afterEach(async () => {
    await rm(directory, { recursive: true, force: true });
  });

  test("makes one file that runs alone, dockerode included, and is made again only after a change", async () => {
    const dockerode = JSON.stringify(join(process.cwd(), "node_modules/dockerode/lib/docker.js"));
    const entry = join(directory, "program.ts");
    const output = join(directory, "dist", "program.mjs");
    const program = (word: string) =>
      `import Docker from ${dockerode};\nconst word: string = "${word}";\nconsole.log(word, typeof new Docker({ socketPath: "/nowhere" }).ping);\n`;
    await writeFile(entry, program("first"));
    expect(await bundleProgram(entry, output)).toBe(output);
    expect(execFileSync(process.execPath, [output], { cwd: "/", encoding: "utf8" })).toBe(
      "first function\n",
    );
    const { ino } = await stat(output);
    await bundleProgram(entry, output);
    expect((await stat(output)).ino).toBe(ino);
    await writeFile(entry, program("second, longer"));
    await Promise.all([bundleProgram(entry, output), bundleProgram(entry, output)]);
    expect(execFileSync(process.execPath, [output], { cwd: "/", encoding: "utf8" })).toBe(
      "second, longer function\n",
    );
  });

  test("says what is wrong with a program that cannot be bundled", async () => {
    const entry = join(directory, "program.ts");
    await writeFile(entry, 'import "./missing.ts";');
    await expect(bundleProgram(entry, join(directory, "out.mjs"))).rejects.toThrow("missing.ts");
  });
});
