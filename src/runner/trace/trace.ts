import { maskSecrets, maskTokensByPrefix } from "./mask.ts";
import type { TraceSpool } from "./trace-spool.ts";

/** What the parts of a job write to: the script's bytes, and the runner's own lines. */
export type Log = {
  /** Output of a program, as it comes. */
  readonly output: (bytes: Buffer) => void;
  /** A line of the runner's own. */
  readonly line: (text: string) => void;
  readonly warning: (text: string) => void;
  readonly error: (text: string) => void;
  readonly sectionStart: (name: string, title: string) => void;
  readonly sectionEnd: (name: string) => void;
};

export type Trace = Log & {
  /** Lets out what masking held back. Call before the log is declared complete. */
  readonly flush: () => void;
};

const CYAN = "\u001b[36;1m";
const YELLOW = "\u001b[0;33m";
const RED = "\u001b[31;1m";
const RESET = "\u001b[0;m";

/**
 * The log of a job on its way into the spool: secrets masked, and a script's output cut at `limitBytes`
 * with a line that says so. The runner's own lines pass the limit, so that the verdict is always there.
 */
export function createTrace(
  spool: TraceSpool,
  options: {
    readonly secrets: readonly string[];
    readonly tokenPrefixes: readonly string[];
    readonly limitBytes: number;
    readonly sections: boolean;
    /** Epoch milliseconds. */
    readonly now: () => number;
    readonly onGrown: () => void;
  },
): Trace {
  const secrets = maskSecrets(options.secrets);
  const tokens = maskTokensByPrefix(options.tokenPrefixes);
  let full = false;
  let atLineStart = true;

  function append(bytes: Buffer): void {
    if (bytes.length === 0) return;
    atLineStart = bytes.at(-1) === 0x0a;
    spool.append(bytes);
    options.onGrown();
  }

  function output(bytes: Buffer): void {
    if (full) return;
    const shown = tokens.write(secrets.write(bytes));
    const room = Math.max(0, options.limitBytes - spool.size());
    if (shown.length <= room) {
      append(shown);
      return;
    }
    full = true;
    append(shown.subarray(0, room));
    // What masking still holds may be half a secret whose other half is not kept: it must not show.
    secrets.flush();
    tokens.flush();
    own(
      `${atLineStart ? "" : "\n"}${YELLOW}The job's log is longer than ${options.limitBytes} bytes. ` +
        `The job goes on; the rest of its output is not kept.${RESET}\n`,
    );
  }

  function own(text: string): void {
    append(tokens.write(secrets.write(Buffer.from(text))));
    flush();
  }

  function flush(): void {
    append(tokens.write(secrets.flush()));
    append(tokens.flush());
  }

  function ownLine(text: string): void {
    flush();
    own(`${atLineStart ? "" : "\n"}${text}\n`);
  }

  function section(kind: "start" | "end", name: string, title: string): void {
    flush();
    const mark = options.sections
      ? `section_${kind}:${Math.floor(options.now() / 1000)}:${name}\r\u001b[0K`
      : "";
    own(`${atLineStart ? "" : "\n"}${mark}${title === "" ? "" : `${CYAN}${title}${RESET}\n`}`);
  }

  return {
    output,
    line: ownLine,
    warning: (text) => ownLine(`${YELLOW}WARNING: ${text}${RESET}`),
    error: (text) => ownLine(`${RED}ERROR: ${text}${RESET}`),
    sectionStart: (name, title) => section("start", name, title),
    sectionEnd: (name) => section("end", name, ""),
    flush,
  };
}

/** Holds everything back until it is released into a log, and passes it on from then: keeps sections that run side by side apart. */
export function deferredLog(): Log & { readonly release: (into: Log) => void } {
  let target: Log | undefined;
  const held: ((log: Log) => void)[] = [];
  const write = (entry: (log: Log) => void) => {
    if (target === undefined) held.push(entry);
    else entry(target);
  };
  return {
    output: (bytes) => write((log) => log.output(bytes)),
    line: (text) => write((log) => log.line(text)),
    warning: (text) => write((log) => log.warning(text)),
    error: (text) => write((log) => log.error(text)),
    sectionStart: (name, title) => write((log) => log.sectionStart(name, title)),
    sectionEnd: (name) => write((log) => log.sectionEnd(name)),
    release: (into) => {
      target = into;
      for (const entry of held.splice(0)) entry(into);
    },
  };
}
