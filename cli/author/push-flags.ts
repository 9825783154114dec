import { type Command, InvalidArgumentError, Option } from "commander";
import type { PipelineSource } from "#language/facts.ts";
import type { Variable } from "#language/variables.ts";

/** What may start a pipeline. */
export const sources = [
  "push",
  "web",
  "api",
  "schedule",
  "trigger",
  "pipeline",
  "parent_pipeline",
  "merge_request_event",
  "external_pull_request_event",
] as const satisfies readonly PipelineSource[];

/** What the author says about the push to be imagined; absent: as usual, or as the repository has it. */
export type PushFlags = {
  readonly ref?: string;
  readonly source: PipelineSource;
  readonly tag?: boolean;
  readonly defaultBranch?: string;
  readonly target?: string;
  readonly variable?: readonly Variable[];
  readonly input?: Readonly<Record<string, unknown>>;
  /** Absent: not known, so that every `changes` holds. */
  readonly changed?: readonly string[];
  readonly path: string;
  readonly protected?: boolean;
  readonly commitMessage?: string;
  readonly beforeSha?: string;
  readonly root?: string;
  readonly includeFrom?: Readonly<Record<string, string>>;
};

/** Adds the options that describe a push, the same for every command of authors. */
export function withPushFlags(command: Command): Command {
  return command
    .option("--ref <name>", "branch or tag that is pushed")
    .addOption(
      new Option("--source <source>", "what starts the pipeline").choices(sources).default("push"),
    )
    .option("--tag", "the ref is a tag")
    .option("--default-branch <name>", "default branch of the project")
    .option("--target <branch>", "target branch of the merge request")
    .option("--variable <key=value>", "variable of the pipeline; repeatable", addVariable)
    .option("--input <name=value>", "input that `spec:inputs` declares; repeatable", addInput)
    .option("--changed <path>", 'changed path; repeatable; "" for no change at all', addChanged)
    .option("--path <group/project>", "path of the project", "group/project")
    .option("--protected", "the ref is protected; the default branch always is")
    .option("--commit-message <text>", "message of the commit that is pushed")
    .option("--before-sha <sha>", "commit that the ref was at; 40 zeros for a new ref", oneSha)
    .option("--root <directory>", "directory of the project, where local includes are read")
    .option(
      "--include-from <project=directory>",
      "read includes of another project from a directory; repeatable",
      addIncludeFrom,
    );
}

/** One more `KEY=VALUE` of an option that may be given several times. */
export function addVariable(text: string, before: readonly Variable[] = []): readonly Variable[] {
  const [key, value] = split(text, "KEY=VALUE");
  return [...before, { key, value }];
}

function addInput(
  text: string,
  before: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  const [name, value] = split(text, "NAME=VALUE");
  return { ...before, [name]: listOr(value) };
}

/** The language reads numbers and booleans from text by itself; lists are written as JSON. */
function listOr(text: string): unknown {
  if (!text.trimStart().startsWith("[")) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function addIncludeFrom(
  text: string,
  before: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const [project, directory] = split(text, "GROUP/PROJECT=DIRECTORY");
  return { ...before, [project]: directory };
}

function addChanged(path: string, before: readonly string[] = []): readonly string[] {
  return path === "" ? before : [...before, path.replace(/^\.\//, "")];
}

function oneSha(text: string): string {
  if (/^[0-9a-f]{7,64}$/.test(text)) return text;
  throw new InvalidArgumentError("It should be a commit id, in full 40 hexadecimal digits.");
}

function split(text: string, form: string): readonly [string, string] {
  const at = text.indexOf("=");
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new InvalidArgumentError(`It should be ${form}.`);
}
