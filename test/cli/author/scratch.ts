import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const slipway = fileURLToPath(new URL("../../../cli/slipway.js", import.meta.url));

const environment = {
  PATH: process.env.PATH,
  HOME: "/nonexistent",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_AUTHOR_NAME: "Ann",
  GIT_AUTHOR_EMAIL: "ann@example.com",
  GIT_COMMITTER_NAME: "Ann",
  GIT_COMMITTER_EMAIL: "ann@example.com",
};

/** A directory outside any repository, with these files. */
export function scratch(files: Readonly<Record<string, string>> = {}) {
  const path = mkdtempSync(join(tmpdir(), "slipway-author-"));
  const write = (more: Readonly<Record<string, string>>): void => {
    for (const [name, text] of Object.entries(more)) {
      mkdirSync(dirname(join(path, name)), { recursive: true });
      writeFileSync(join(path, name), text);
    }
  };
  write(files);
  return {
    path,
    write,
    git: (...args: readonly string[]): string =>
      execFileSync("git", args, { cwd: path, env: environment, stdio: "pipe", encoding: "utf8" }),
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

export type Ended = {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
};

/** Runs the real command line in a directory. */
export function runSlipway(cwd: string, args: readonly string[], input = ""): Promise<Ended> {
  const child = spawn(process.execPath, [slipway, ...args], {
    cwd,
    env: { ...environment, NO_COLOR: "1" },
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}
