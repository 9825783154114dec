import type { Log } from "#service/deps.ts";
import { oneLine } from "#terminal/readable.ts";
import { readableJson } from "#terminal/readable-json.ts";

/** One line a message on standard error: JSON for programs, words on a terminal. */
export function standardErrorLog(): Log {
  return (level, message, fields = {}) => {
    const time = new Date().toISOString();
    const line = process.stderr.isTTY
      ? [time.slice(11, 19), level.padEnd(5), message, ...Object.entries(fields).map(asWord)].join(
          " ",
        )
      : readableJson({ time, level, message, ...fields });
    process.stderr.write(`${line}\n`);
  };
}

function asWord([name, value]: readonly [string, unknown]): string {
  // Names come from pushes: none may steer the terminal.
  return `${name}=${oneLine(String(value))}`;
}
