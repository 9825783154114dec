import { parse } from "yaml";
import { object } from "./input.ts";

export type PhaseName = "install" | "pre_build" | "build" | "post_build";

export type Script = { readonly shell: "bash" | "sh"; readonly text: string };

/**
 * The commands of a phase as one script, undefined for a phase that the buildspec has not ("Build specification
 * reference for CodeBuild"): the first command that fails ends it, and is named in the output.
 */
export function phaseScript(buildspec: string, name: PhaseName): Script | undefined {
  const parsed = object(parse(buildspec));
  if (Number(parsed.version) !== 0.2) throw new Error("YAML_FILE_ERROR: version 0.2 is needed");
  const phase = object(object(parsed.phases)[name]);
  const commands = strings(phase.commands);
  const last = strings(phase.finally);
  if (commands.length === 0) return undefined;
  const shell = object(parsed.env).shell === "bash" ? "bash" : "sh";
  const text = [
    "(",
    ...commands.map(
      (command) =>
        `eval ${quoted(command)} || { slipway_exit=$?; echo ${quoted(`[Container] Command did not exit successfully ${firstLine(command)} exit status`)} "$slipway_exit"; exit "$slipway_exit"; }`,
    ),
    ")",
    "phase_exit=$?",
    ...last.map((command) => `eval ${quoted(command)}`),
    "exit $phase_exit",
  ].join("\n");
  return { shell, text };
}

/** A buildspec's own variables; those of the build win. */
export function ownVariables(buildspec: string): Readonly<Record<string, string>> {
  const variables = object(object(object(parse(buildspec)).env).variables);
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [name, String(value)]),
  );
}

function firstLine(command: string): string {
  return command.trim().split("\n")[0] ?? "";
}

function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
