import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { commandTitle, shellQuote, shellScript } from "#runner/executor/shell-script.ts";

const candidates: readonly (readonly string[])[] = [["bash"], ["busybox", "sh"], ["dash"]];
const shells = candidates.filter(([program = ""]) => {
  const there = spawnSync(program, ["-c", "true"]).error === undefined;
  if (!there) console.log(`shell script: ${program} is not installed, its tests are skipped`);
  return there;
});

function run(
  shell: readonly string[],
  commands: readonly string[],
  more: { exports?: { key: string; value: string }[]; marker?: string; directory?: string } = {},
) {
  const [program = "", ...args] = shell;
  const { exports = [], directory = "/", marker } = more;
  const result = spawnSync(program, args, {
    input: shellScript({ exports, directory, commands }, marker),
    encoding: "utf8",
    env: { PATH: process.env.PATH },
  });
  const plain = result.stdout.replaceAll(/\u001b\[[0-9;]*m/g, "");
  return { code: result.status, output: plain, errors: result.stderr };
}

describe.each(shells.map((shell) => ({ name: shell.join(" "), shell })))(
  "in $name",
  ({ shell }) => {
    test("commands run in one shell, each shown first", () => {
      const { code, output } = run(shell, ["x=1", "cd /tmp", 'echo "$x $PWD"']);
      expect(output).toBe('$ x=1\n$ cd /tmp\n$ echo "$x $PWD"\n1 /tmp\n');
      expect(code).toBe(0);
    });

    test("the first command that fails ends the script with its exit code", () => {
      const { code, output } = run(shell, ["echo one", "(exit 42)", "echo never"]);
      expect(output).toBe("$ echo one\none\n$ (exit 42)\n");
      expect(code).toBe(42);
    });

    test("exit ends the script with its code, and what follows does not run", () => {
      expect(run(shell, ["exit 7", "echo never"])).toMatchObject({ code: 7, output: "$ exit 7\n" });
    });

    test("commands read nothing from standard input, so none swallows the script", () => {
      const { output } = run(shell, ["cat", "read line || echo empty", "echo after"]);
      expect(output).toContain("empty\n");
      expect(output).toContain("after\n");
    });

    test("errors are shown where they happen, between the output", () => {
      const { output, errors } = run(shell, ["echo 1; echo 2 >&2; echo 3"]);
      expect(output).toMatch(/1\n2\n3\n$/);
      expect(errors).toBe("");
    });

    test("a command of several lines is shown by its first", () => {
      const { output } = run(shell, ["for i in 1 2\ndo echo $i\ndone"]);
      expect(output).toBe("$ for i in 1 2 # collapsed multi-line command\n1\n2\n");
    });

    test("a here-document, quotes, backslashes and dollars arrive as written", () => {
      const command = "cat <<'END'\nit's $HOME \"quoted\" \\n `no`\nEND";
      expect(run(shell, [command]).output).toContain('it\'s $HOME "quoted" \\n `no`\n');
    });

    test("exported values arrive as they are", () => {
      const value = 'it\'s\n$HOME \\ "x" `date`';
      const exports = [
        { key: "VALUE", value },
        { key: "not-a-name", value: "left out" },
      ];
      const { output } = run(shell, [`printenv VALUE`], { exports });
      expect(output).toBe(`$ printenv VALUE\n${value}\n`);
    });

    test("a pipe fails with its first part where the shell knows pipefail", () => {
      const knows = spawnSync(shell[0] ?? "", [...shell.slice(1), "-c", "set -o pipefail"]).status;
      expect(run(shell, ["false | true"]).code).toBe(knows === 0 ? 1 : 0);
    });

    test("a directory that is missing fails the script", () => {
      expect(run(shell, ["true"], { directory: "/none" }).code).not.toBe(0);
    });

    test.for([
      ["true", "0"],
      ["exit 3", "3"],
      ["false", "1"],
      ["trap 'echo bye' EXIT; exit 4", "4"],
    ] as const)("with a marker the exit code of %j ends the output", ([command, code]) => {
      const result = run(shell, [command], { marker: "#code " });
      expect(result.output.endsWith(`#code ${code}\n`)).toBe(true);
      expect(String(result.code)).toBe(code);
    });

    test("a syntax error fails the script after the commands before it", () => {
      const { code, output } = run(shell, ["echo fine", "if true; then"], { marker: "#code " });
      expect(code).not.toBe(0);
      expect(output).toMatch(/#code [1-9]\d*\n$/);
    });
  },
);

test.for([
  ["docker build .", "$ docker build ."],
  ["first\nsecond", "$ first # collapsed multi-line command"],
  ["only\n", "$ only"],
] as const)("%j is shown as %j", ([command, title]) => {
  expect(commandTitle(command)).toBe(title);
});

test("a quoted word holds single quotes", () => {
  expect(shellQuote("a'b")).toBe("'a'\\''b'");
});
