import { type Buildspec, PHASES, type Phase } from "./buildspec.ts";

/**
 * Writes a buildspec as one shell script, so that running it needs no program but the shell. Phases
 * follow one another as in "AWS CodeBuild User Guide: Build phase transitions": a failed build still
 * runs post_build, any other failure ends the run. Each phase is a shell of its own: what a later
 * phase needs is kept in files, not in variables or the working directory. The script leaves its
 * verdict in $slipway_status and does not exit.
 */
export function buildspecScript(buildspec: Buildspec): string {
  const lines = ["slipway_status=0 slipway_next=yes", "export CODEBUILD_BUILD_SUCCEEDING=1"];
  for (const [name, value] of Object.entries(buildspec.variables)) {
    // What the environment was started with wins over the buildspec, as in CodeBuild.
    lines.push(`[ -n "\${${name}+set}" ] || export ${name}=${quoted(value)}`);
  }
  for (const name of PHASES) {
    const phase = buildspec.phases[name];
    if (phase !== undefined) {
      lines.push(
        'if [ "$slipway_next" = yes ]; then',
        ...phaseLines(phase).map((line) => `  ${line}`),
        "  if [ $slipway_phase -ne 0 ]; then",
        `    echo "slipway: phase ${name} failed with exit status $slipway_phase" >&2`,
        ...afterFailure(name, phase).map((line) => `    ${line}`),
        "  fi",
        "fi",
      );
    }
  }
  return `${lines.join("\n")}\n`;
}

function phaseLines(phase: Phase): string[] {
  return [
    ...group(phase.commands),
    "slipway_phase=$?",
    ...(phase.finally.length > 0
      ? [
          ...group(phase.finally),
          "slipway_last=$?",
          "[ $slipway_phase -ne 0 ] || slipway_phase=$slipway_last",
        ]
      : []),
  ];
}

/** The first command that fails ends the group; `exit` in a command ends it as well. */
function group(commands: readonly string[]): string[] {
  return ["(", ...commands.map((command) => `  eval ${quoted(command)} || exit`), ")"];
}

function afterFailure(name: (typeof PHASES)[number], phase: Phase): string[] {
  if (phase.onFailure === "CONTINUE") {
    return [];
  }
  const verdict = ["slipway_status=$slipway_phase CODEBUILD_BUILD_SUCCEEDING=0"];
  return name === "build" && phase.onFailure !== "ABORT"
    ? verdict
    : [...verdict, "slipway_next=no"];
}

/** One shell word, whatever is in it. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
