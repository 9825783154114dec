import { basename, resolve } from "node:path";
import type { Command } from "commander";
import { isProjectPath } from "#forge/project-path.ts";
import { readConfig } from "#local/data/data-directory.ts";
import { git as runGit } from "#local/run-here/git.ts";
import { CliError, exitCodes } from "../failure.ts";
import { type CommonOptions, commandWith } from "../options.ts";
import { asJson, print } from "../print.ts";

export function initCommand(): Command {
  return commandWith(
    "init",
    "let the git repository in this directory push to the service here (remote `slipway`)",
    "slipway init group/app && git push slipway main",
  )
    .argument("[project]", "project path; group `local` and the directory's name when left out")
    .option("--repository <directory>", "the repository", ".")
    .action(
      async (project: string | undefined, options: CommonOptions & { repository: string }) => {
        const config = await readConfig(options.data);
        if (config === undefined) {
          throw new CliError(
            `There is no service in ${options.data}: run \`slipway up\` first.`,
            exitCodes.absent,
          );
        }
        const path = project ?? `local/${basename(resolve(options.repository)).toLowerCase()}`;
        if (!isProjectPath(path)) {
          throw new CliError(
            `"${path}" cannot be a project's path. Name one of letters, digits, - _ and ., such as \`slipway init group/app\`.`,
            exitCodes.usage,
          );
        }
        const remote = await addRemote(
          options.repository,
          path,
          config.port,
          resolve(options.data, "access-token"),
        );
        print(
          options.json === true
            ? asJson({ project: path, remote })
            : `Remote \`slipway\` is ${remote}\nNow: git push slipway HEAD`,
        );
      },
    );
}

/**
 * Sets the remote, and a credential helper for this address alone that reads the token's file when git
 * asks: the token itself never stands in `.git/config` or on a command line.
 */
export async function addRemote(
  repository: string,
  project: string,
  port: number,
  tokenFile: string,
): Promise<string> {
  const base = `http://127.0.0.1:${port}`;
  const remote = `${base}/${project}.git`;
  const git = (...args: string[]): Promise<string> => runGit({ directory: repository }, args);
  const quoted = tokenFile.replaceAll("'", "'\\''");
  try {
    await git("rev-parse", "--git-dir");
  } catch (cause) {
    throw new CliError(`${resolve(repository)} is no git repository.`, exitCodes.usage, { cause });
  }
  await git("remote", "add", "slipway", remote).catch(() =>
    git("remote", "set-url", "slipway", remote),
  );
  const helper = `credential.${base}.helper`;
  // The empty one comes first and takes away the user's own helpers: they would store the token, or give an old one.
  await git("config", "--replace-all", helper, "");
  await git(
    "config",
    "--add",
    helper,
    `!f() { test "$1" = get && echo username=slipway && echo "password=$(cat '${quoted}')"; }; f`,
  );
  // A proxy of the user's could not reach this machine.
  await git("config", `http.${base}.proxy`, "");
  return remote;
}
