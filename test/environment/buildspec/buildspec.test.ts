import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { BuildspecError, parseBuildspec } from "#environment/buildspec/buildspec.ts";
import { buildspecScript } from "#environment/buildspec/script.ts";

function buildspec(phases: string, env = ""): string {
  return `version: 0.2\n${env}phases:\n${phases}`;
}

function run(text: string, env: Record<string, string> = {}, shell = "bash") {
  const script = `${buildspecScript(parseBuildspec(text, "b.yml"))}exit $slipway_status`;
  const result = spawnSync(shell, ["-c", script], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env.PATH ?? "", ...env },
  });
  return { output: result.stdout, errors: result.stderr, status: result.status };
}

describe("reading a buildspec", () => {
  test.for([
    { text: "version: 0.1\nphases: {}", problem: "b.yml:1:10: version: 0.2 is needed" },
    { text: "phases: {}", problem: "b.yml:1:1: version: 0.2 is needed" },
    { text: "version: 0.2\nphases: {}", problem: "b.yml:2:9: phases: at least one is needed" },
    {
      text: "version: 0.2\nrun-as: root",
      problem: 'b.yml:2:1: the buildspec: "run-as" is not supported (version, env, phases)',
    },
    {
      text: buildspec("  install:\n    runtime-versions: {nodejs: 20}"),
      problem:
        'b.yml:4:5: phases.install: "runtime-versions" is not supported (commands, finally, on-failure)',
    },
    {
      text: buildspec("  test:\n    commands: [a]"),
      problem: 'b.yml:3:3: phases: "test" is not supported (install, pre_build, build, post_build)',
    },
    {
      text: buildspec("  build:\n    commands: [a]\n    on-failure: RETRY"),
      problem: "b.yml:5:17: phases.build.on-failure: ABORT or CONTINUE is needed",
    },
    {
      text: buildspec("  build:\n    commands: a"),
      problem: "b.yml:4:15: phases.build.commands: a list of commands is needed",
    },
    {
      text: buildspec("  build:\n    commands: [[a]]"),
      problem: "b.yml:4:16: phases.build.commands: text is needed",
    },
    {
      text: buildspec("  build:\n    commands: [a]", "env: {shell: powershell}\n"),
      problem: "b.yml:2:14: env.shell: bash or /bin/sh is needed",
    },
    {
      text: buildspec("  build:\n    commands: [a]", "env: {variables: {A-B: c}}\n"),
      problem: 'b.yml:2:24: env.variables: "A-B" is not a variable\'s name',
    },
    {
      text: buildspec("  build:\n    commands: [a]", "env: {parameter-store: {A: b}}\n"),
      problem: 'b.yml:2:7: env: "parameter-store" is not supported (shell, variables)',
    },
    { text: "version: [", problem: /^b\.yml:1:\d+: / },
    { text: "- a", problem: "b.yml:1:1: the buildspec: a map is needed" },
    { text: "", problem: "b.yml:1:1: version: 0.2 is needed" },
    { text: "#".repeat(70_000), problem: "b.yml:1:1: a buildspec has at most 65536 bytes" },
  ])("$problem", ({ text, problem }) => {
    const read = () => parseBuildspec(text, "b.yml");
    expect(read).toThrow(BuildspecError);
    expect(read).toThrow(problem);
  });

  test.for(readdirSync("buildspecs"))("%s is one that can be run", (file) => {
    const read = parseBuildspec(readFileSync(join("buildspecs", file), "utf8"), file);
    expect(read.phases.build?.commands).toEqual([
      'node "${SLIPWAY_RUNNER:-$CODEBUILD_SRC_DIR/runner.mjs}"',
    ]);
  });
});

describe("running a buildspec", () => {
  test.for(["bash", "sh"])("runs the phases in their order, in %s", (shell) => {
    const phases = ["post_build", "build", "pre_build", "install"]
      .map((name) => `  ${name}:\n    commands: [echo ${name}]\n`)
      .join("");
    expect(run(buildspec(phases), {}, shell)).toEqual({
      output: "install\npre_build\nbuild\npost_build\n",
      errors: "",
      status: 0,
    });
  });

  test("a phase's commands share one shell, and end at the first that fails or exits", () => {
    const text = buildspec(`  build:
    commands:
      - a="it's"; cd /
      - |
        echo "$a"
        pwd
      - exit 3
      - echo never
`);
    expect(run(text)).toMatchObject({ output: "it's\n/\n", status: 3 });
  });

  test("post_build runs after a failed build, knows of it, and does not save it", () => {
    const text = buildspec(`  build:
    commands: ["false"]
    finally: [echo finally]
  post_build:
    commands: [echo "succeeding=$CODEBUILD_BUILD_SUCCEEDING"]
`);
    expect(run(text)).toEqual({
      output: "finally\nsucceeding=0\n",
      errors: "slipway: phase build failed with exit status 1\n",
      status: 1,
    });
  });

  test.for([
    { failing: "install", rest: "" },
    { failing: "pre_build", rest: "" },
    {
      failing: "pre_build",
      more: ", on-failure: CONTINUE",
      rest: "build\npost_build\n",
      status: 0,
    },
    { failing: "build", more: ", on-failure: ABORT", rest: "" },
  ])("after a failed $failing$more the rest is '$rest'", ({ failing, more, rest, status }) => {
    const all = ["install", "pre_build", "build", "post_build"];
    const phases = all
      .slice(all.indexOf(failing))
      .map((name) =>
        name === failing
          ? `  ${name}: {commands: [exit 4]${more ?? ""}}\n`
          : `  ${name}: {commands: [echo ${name}]}\n`,
      )
      .join("");
    expect(run(buildspec(phases))).toMatchObject({ output: rest, status: status ?? 4 });
  });

  test("a failing finally fails the phase, a command that cannot be parsed too", () => {
    expect(
      run(buildspec("  build: {commands: [echo a], finally: [exit 5, echo never]}")),
    ).toMatchObject({ output: "a\n", status: 5 });
    expect(run(buildspec("  build: {commands: ['if', echo never]}"))).toMatchObject({
      output: "",
      errors: expect.stringContaining("phase build failed"),
    });
  });

  test("env.variables are defaults, in any quoting", () => {
    const env = `env:\n  variables: {A: "a'b $X", B: yes, C: 010}\n`;
    const text = buildspec("  build: {commands: ['echo \"$A|$B|$C\"']}", env);
    expect(run(text).output).toBe("a'b $X|yes|010\n");
    expect(run(text, { A: "given", B: "" }).output).toBe("given||010\n");
  });

  test("reports a missing engine in words", () => {
    const text = readFileSync("buildspecs/docker-in-docker.yml", "utf8");
    const result = run(text, {
      DOCKER_HOST: "unix:///nowhere",
      SLIPWAY_PRIVILEGED: "true",
      SLIPWAY_RUNNER: "/nowhere.mjs",
    });
    expect(result).toMatchObject({ status: 1, output: "" });
    expect(result.errors).toContain(
      "No Docker Engine at unix:///nowhere: the build must be privileged.",
    );
  });
});
