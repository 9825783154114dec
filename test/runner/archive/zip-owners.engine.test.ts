import { chownSync, createWriteStream, mkdirSync, statSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { unpackFiles } from "#runner/archive/pack.ts";
import { projectFiles } from "#runner/archive/project-files.ts";
import { writeZip } from "#runner/archive/zip-write.ts";
import { type TestProject, testProject } from "../support/project.ts";

const { signal } = new AbortController();

function project(): TestProject {
  const made = testProject([]);
  onTestFinished(made.remove);
  return made;
}

test.skipIf(process.getuid?.() !== 0)(
  "an archive gives files back to the user they belonged to",
  async () => {
    const [from, to] = [project(), project()];
    mkdirSync(join(from.directory, "home"));
    writeFileSync(join(from.directory, "home/file"), "x");
    writeFileSync(join(from.directory, "root"), "x");
    for (const path of ["home", "home/file"]) chownSync(join(from.directory, path), 1000, 1001);

    const target = join(from.root, "archive");
    const packed = projectFiles(from.paths);
    const { found } = await from.find({ paths: ["."] });
    const skipped: string[] = [];
    const options = { files: packed, found, output: createWriteStream(target), level: 6, signal };
    await writeZip({ ...options, skipped: (path) => skipped.push(path) });
    await packed.close();
    const archive = await open(target);
    await unpackFiles(to.paths, archive.fd, signal);
    await archive.close();

    expect(skipped).toEqual([]);
    const owners = ["home", "home/file", "root"].map((path) => {
      const { uid, gid } = statSync(join(to.directory, path));
      return [path, uid, gid];
    });
    expect(owners).toEqual([
      ["home", 1000, 1001],
      ["home/file", 1000, 1001],
      ["root", 0, 0],
    ]);
  },
);
