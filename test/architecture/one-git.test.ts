import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Who starts git by itself, and why not by `runGit` of `src/git`. */
const startsGit = [
  // Shows git's own progress: standard output is inherited.
  "cli/demo/run-demo.ts",
  // Asks for the version and the place of its programs, in no repository.
  "local/doctor/doctor.ts",
  "local/setup/images/image-recipes.ts",
  "src/git/run.ts",
  // Ends a whole process group, and shows what comes as it comes.
  "src/runner/sources/git.ts",
];

test("git is started in one place, with an environment that is closed", () => {
  const sources = ["src", "local", "cli", "functions"].flatMap((folder) =>
    readdirSync(`${root}/${folder}`, { recursive: true, encoding: "utf8" })
      .filter((path) => /\.tsx?$/.test(path))
      .map((path) => `${folder}/${path}`),
  );
  const found = sources.filter((path) =>
    /\(\s*"git",\s/.test(readFileSync(`${root}/${path}`, "utf8")),
  );
  expect(found.toSorted()).toEqual(startsGit);
});
