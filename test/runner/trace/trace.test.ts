import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 as zlibCrc32 } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createTrace, deferredLog } from "#runner/trace/trace.ts";
import { openTraceSpool, type TraceSpool } from "#runner/trace/trace-spool.ts";

let directory: string;
let spool: TraceSpool;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "slipway-trace-"));
  spool = openTraceSpool(join(directory, "log"));
});
afterEach(() => {
  spool.remove();
  rmSync(directory, { recursive: true, force: true });
});

function trace(parts: { secrets?: string[]; limitBytes?: number; sections?: boolean } = {}) {
  return createTrace(spool, {
    secrets: parts.secrets ?? [],
    tokenPrefixes: [],
    limitBytes: parts.limitBytes ?? 1_000,
    sections: parts.sections ?? true,
    now: () => 1_700_000_000_999,
    onGrown: () => undefined,
  });
}

function content(): string {
  return spool.read(0, spool.size()).toString();
}

describe("a trace", () => {
  test("frames sections with their start and end in seconds", () => {
    const log = trace();
    log.sectionStart("step_script", "Running");
    log.output(Buffer.from("text\n"));
    log.sectionEnd("step_script");
    expect(content()).toBe(
      "section_start:1700000000:step_script\r\u001b[0K\u001b[36;1mRunning\u001b[0;m\ntext\n" +
        "section_end:1700000000:step_script\r\u001b[0K",
    );
  });

  test("leaves the frames out where the service does not want them", () => {
    const log = trace({ sections: false });
    log.sectionStart("step_script", "Running");
    log.sectionEnd("step_script");
    expect(content()).toBe("\u001b[36;1mRunning\u001b[0;m\n");
  });

  test("masks secrets in output that comes in pieces, and in the runner's own lines", () => {
    const log = trace({ secrets: ["secret-value"] });
    log.output(Buffer.from("a secret-"));
    log.output(Buffer.from("value b\n"));
    log.line("own secret-value");
    expect(content()).toBe("a [MASKED] b\nown [MASKED]\n");
  });

  test("begins its own lines on a new line", () => {
    const log = trace();
    log.output(Buffer.from("no end"));
    log.error("bad");
    expect(content()).toBe("no end\n\u001b[31;1mERROR: bad\u001b[0;m\n");
  });

  test("cuts output at its limit with a word, and still takes its own lines", () => {
    const log = trace({ limitBytes: 10 });
    log.output(Buffer.from("12345\n"));
    log.output(Buffer.from("67890abc\n"));
    log.output(Buffer.from("more\n"));
    log.line("verdict");
    expect(content()).toMatch(
      /^12345\n6789\n\S*The job's log is longer than 10 bytes. The job goes on; the rest of its output is not kept.\S*\nverdict\n$/,
    );
  });

  test("shows no part of a secret that stands across its limit", () => {
    const log = trace({ limitBytes: 3, secrets: ["secret-value"] });
    log.output(Buffer.from("1234secret-"));
    log.output(Buffer.from("value"));
    expect(content()).not.toContain("secret-");
  });
});

describe("a trace's spool", () => {
  test("gives back any part, and the checksum that GitLab reckons", () => {
    spool.append(Buffer.from("hello "));
    spool.append(Buffer.from("world"));
    expect(spool.read(3, 5).toString()).toBe("lo wo");
    expect(spool.read(11, 5)).toHaveLength(0);
    const sum = zlibCrc32("hello world").toString(16).padStart(8, "0");
    expect(spool.checksum()).toBe(`crc32:${sum}`);
  });

  test("is readable by its owner alone", () => {
    expect(statSync(join(directory, "log")).mode & 0o777).toBe(0o600);
  });

  test("keeps what a full disk refuses", () => {
    const full = openTraceSpool("/dev/full");
    full.append(Buffer.from("kept"));
    full.append(Buffer.from(" all"));
    expect(full.read(0, 100).toString()).toBe("kept all");
    expect(full.read(5, 2).toString()).toBe("al");
  });
});

test("a deferred log keeps its entries until it is released, then passes them on", () => {
  const log = trace();
  const deferred = deferredLog();
  deferred.line("first");
  log.line("zero");
  deferred.release(log);
  deferred.line("second");
  expect(content()).toBe("zero\nfirst\nsecond\n");
});
