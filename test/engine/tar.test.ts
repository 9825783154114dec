import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { tar, tarHeader, tarPadding } from "#engine/tar.ts";

test("an archive is what tar(1) takes apart again", () => {
  const directory = mkdtempSync(join(tmpdir(), "slipway-tar-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const long = `${"d".repeat(90)}/${"f".repeat(90)}`;
  const files = [
    { path: "slipway/run.sh", content: "#!/bin/sh\n", mode: 0o755 },
    { path: "slipway/full-block", content: new Uint8Array(512).fill(7), mode: 0o600 },
    { path: "empty", content: "", mode: 0o644 },
    { path: long, content: "long", mode: 0o644 },
  ];
  const archive = tar(files, Date.UTC(2026, 0, 2));
  expect(archive.length % 512).toBe(0);
  execFileSync("tar", ["-x", "-f", "-", "-C", directory], { input: archive });
  for (const { path, content, mode } of files) {
    expect(readFileSync(join(directory, path))).toEqual(Buffer.from(content));
    expect(statSync(join(directory, path)).mode & 0o777).toBe(mode);
    expect(statSync(join(directory, path)).mtimeMs).toBe(Date.UTC(2026, 0, 2));
  }
});

test("a path that fits no header is refused by its name", () => {
  const path = "x".repeat(101);
  expect(() => tarHeader({ path, type: "0", mode: 0o644, size: 0 })).toThrow(path);
});

test("content is filled up to whole blocks", () => {
  expect([0, 1, 511, 512, 513].map((size) => tarPadding(size).length)).toEqual([0, 511, 1, 0, 511]);
});
