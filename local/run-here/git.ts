import { usersGit } from "#git/environment.ts";
import { runGit } from "#git/run.ts";
import { MachineProblem } from "../machine-problem.ts";

/** Git said no; the message is its own. */
export class GitProblem extends MachineProblem {
  override readonly name = "GitProblem";
}

export type GitRun = {
  readonly directory: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
};

/** What git prints, without the end of the last line. Throws `GitProblem` unless git succeeds. */
export async function git(run: GitRun, args: readonly string[]): Promise<string> {
  const { directory, input = "" } = run;
  const env = usersGit({ variables: run.env ?? {} });
  const { code, stdout, stderr } = await runGit(args, { directory, env, input }).catch(
    (cause: unknown) => {
      throw new GitProblem("git cannot be run.", { cause });
    },
  );
  if (code === 0) return stdout.toString().trimEnd();
  const said = stderr.split("\n").slice(-3).join("\n");
  throw new GitProblem(`git ${args[0]} failed in ${directory}: ${said || `exit code ${code}`}`);
}

/** What git prints, or undefined where it fails: for questions that may have no answer. */
export async function askGit(run: GitRun, args: readonly string[]): Promise<string | undefined> {
  return git(run, args).catch(() => undefined);
}
