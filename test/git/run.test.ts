import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { closedGit } from "#git/environment.ts";
import { GitFailure, runGit } from "#git/run.ts";

const here = { directory: tmpdir(), env: closedGit() };

test("whatever git says is a result", async () => {
  const said = await runGit(["hash-object", "--stdin"], { ...here, input: "hello\n" });
  expect(said).toMatchObject({ code: 0, stderr: "", truncated: false });
  expect(said.stdout.toString()).toBe("ce013625030ba8dba906f756967f9e9ca394464a\n");
  const refused = await runGit(["no-such-command"], here);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("no-such-command");
});

test("git that prints more than is read is stopped, and what came is given", async () => {
  const input = "hello\n".repeat(1_000_000);
  const said = await runGit(["stripspace"], { ...here, input, maxBytes: 100_000 });
  expect(said).toMatchObject({ code: null, truncated: true });
  expect(said.stdout.length).toBeLessThanOrEqual(100_000);
});

test("git that does not end in time is stopped", async () => {
  const env = closedGit({ settings: [["alias.wait", "!sleep 30"]] });
  const waiting = runGit(["wait"], { ...here, env, timeoutSeconds: 0.2 });
  await expect(waiting).rejects.toThrow(new GitFailure("took longer than 0.2 s"));
});

test("where there is no git, that is said", async () => {
  const env = closedGit({ from: { PATH: "/nonexistent" } });
  await expect(runGit(["--version"], { ...here, env })).rejects.toThrow("is git installed?");
});
