/**
 * The text that a job's shell reads: POSIX sh, so that bash, dash and busybox ash all run it.
 * GitLab Docs: "Shells supported by GitLab Runner", "Script and job keywords".
 */
export type ShellScript = {
  /** Set and exported before anything runs; for values that must not be in a container's settings. */
  readonly exports: readonly { readonly key: string; readonly value: string }[];
  readonly directory: string;
  /** Run in one shell, each shown before it runs; the first that fails ends the script. */
  readonly commands: readonly string[];
};

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Whether a shell can hold a variable of this name. */
export function isShellIdentifier(name: string): boolean {
  return IDENTIFIER.test(name);
}

/** One word for a POSIX shell, whatever `text` holds. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/**
 * Ends with the exit code of the first command that fails, else 0. Commands run inside `eval` with an
 * empty standard input, so none can read the rest of the script; errors go where output goes, in order.
 * With `exitMarker` the end of the output is that text and the exit code: it is known before the
 * container has been taken down.
 */
export function shellScript(script: ShellScript, exitMarker?: string): string {
  const exported = script.exports.filter((variable) => isShellIdentifier(variable.key));
  const body = [
    "if (set -o pipefail) 2>/dev/null; then set -o pipefail; fi",
    "set -o errexit",
    "set +o noclobber",
    `cd ${shellQuote(script.directory)}`,
    `eval ${shellQuote(script.commands.map(withEcho).join("\n"))} </dev/null`,
    "exit 0",
  ];
  return [
    "exec 2>&1",
    ...exported.map((variable) => `export ${variable.key}=${shellQuote(variable.value)}`),
    ...(exitMarker === undefined
      ? body
      : [
          "(",
          ...body,
          ")",
          `set -- $?; printf '%s%s\\n' ${shellQuote(exitMarker)} "$1"; exit "$1"`,
        ]),
    "",
  ].join("\n");
}

/** The words that stand for a command in the log: `$ command`, or its first line. */
export function commandTitle(command: string): string {
  const lines = command.trim().split("\n");
  const first = lines[0] ?? "";
  return lines.length > 1 ? `$ ${first} # collapsed multi-line command` : `$ ${first}`;
}

function withEcho(command: string): string {
  const title = `\u001b[32;1m${commandTitle(command)}\u001b[0;m`;
  return `printf '%s\\n' ${shellQuote(title)}\n${command}`;
}

/**
 * The container command that starts the best shell the image has, reading from standard input. It is
 * handed to the image's entrypoint, as GitLab Runner does.
 */
export const detectShellCommand: readonly string[] = [
  "sh",
  "-c",
  [
    "for shell in /usr/local/bin/bash /usr/bin/bash /bin/bash",
    '/usr/local/bin/sh /usr/bin/sh /bin/sh /busybox/sh; do if [ -x "$shell" ]; then',
    'exec "$shell"; fi; done; exec sh',
  ].join(" "),
];

/** Asks every process of a container but its first to end. */
export const terminateAllCommand: readonly string[] = ["sh", "-c", "kill -TERM -1"];
