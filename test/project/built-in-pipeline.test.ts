import { execFile } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";

/** Stands in for Docker's client: writes down what it is asked, and knows buildx only as far as told. */
const recorder = `#!/bin/sh
echo "$*" >> "$RECORD"
case "$*" in
  "buildx create"*) [ "$BUILDX" = builder ] ;;
  "buildx imagetools"*) [ -n "$BUILDX" ] ;;
esac
`;

const ecr = "123456789012.dkr.ecr.eu-central-1.amazonaws.com";
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "slipway-built-in-"));
  await writeFile(join(directory, "docker"), recorder);
  await chmod(join(directory, "docker"), 0o755);
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** The commands of Docker's client that a job of the built-in pipeline gives. */
async function commandsOf(
  job: "build" | "release",
  settings: { registry?: string; buildx?: "" | "tools" | "builder"; tag?: string },
): Promise<string[]> {
  const text = await readFile("src/project/Dockerfile.gitlab-ci.yml", "utf8");
  const script: string[] = parse(text)[job].script;
  const record = join(directory, "record");
  await promisify(execFile)("sh", ["-e", "-c", script.join("\n")], {
    env: {
      PATH: `${directory}:${process.env.PATH}`,
      RECORD: record,
      BUILDX: settings.buildx ?? "",
      CI_REGISTRY: settings.registry ?? ecr,
      CI_COMMIT_REF_SLUG: "topic",
      CI_DEFAULT_BRANCH_SLUG: "main",
      CI_COMMIT_TAG: settings.tag ?? "",
      IMAGE_TAG: "image:topic",
      RELEASE_TAG: "image:latest",
      CACHE_IMAGE: "image/cache",
    },
  });
  return (await readFile(record, "utf8")).trim().split("\n");
}

describe("the built-in pipeline", () => {
  test.for([
    ["ECR without buildx", { registry: ecr }],
    ["ECR where a builder does not start", { registry: ecr, buildx: "tools" }],
    ["another registry, with buildx", { registry: "registry.example:5000", buildx: "builder" }],
  ] as const)("on %s takes layers of earlier images", async ([_name, settings]) => {
    expect((await commandsOf("build", settings)).slice(-3)).toEqual([
      "pull image:topic",
      "build --pull --build-arg BUILDKIT_INLINE_CACHE=1 --cache-from image:topic --cache-from image:latest --tag image:topic .",
      "push image:topic",
    ]);
  });

  test("on ECR with buildx keeps the layers of all stages in a repository of their own", async () => {
    const [create, build, ...others] = await commandsOf("build", { buildx: "builder" });
    expect(create).toBe("buildx create --use --bootstrap --driver docker-container");
    expect(build).toMatch(/^buildx build --pull --push .*--tag image:topic /);
    expect(build).toContain(" --cache-from type=registry,ref=image/cache:topic ");
    expect(build).toContain(" --cache-from type=registry,ref=image/cache:main ");
    expect(build).toMatch(
      /--cache-to type=registry,ref=image\/cache:topic,mode=max,image-manifest=true/,
    );
    expect(others).toEqual([]);
  });

  test.for([
    [
      "without buildx by pulling",
      { buildx: "" },
      ["pull image:topic", "tag image:topic image:latest", "push image:latest"],
    ],
    [
      "with buildx by a tag alone",
      { buildx: "tools" },
      ["buildx imagetools create --prefer-index=false --tag image:latest image:topic"],
    ],
    [
      "of a tag by making sure that it is there",
      { buildx: "tools", tag: "v1" },
      ["pull image:topic"],
    ],
  ] as const)("releases %s", async ([_name, settings, expected]) => {
    expect((await commandsOf("release", settings)).slice(-expected.length)).toEqual(expected);
    if (settings.buildx)
      expect((await commandsOf("release", settings)).join()).not.toContain("push");
  });
});
