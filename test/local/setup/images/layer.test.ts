import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { librariesOf } from "#local/setup/images/image-files.ts";
import {
  blobPath,
  newBlob,
  removeOtherBlobs,
  storeImage,
} from "#local/setup/images/image-store.ts";
import { type LayerEntry, withParents, writeLayer } from "#local/setup/images/layer.ts";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "layer-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

test("a layer is an archive that tar reads back, long paths and odd sizes included", async () => {
  const source = join(directory, "source");
  writeFileSync(source, "x".repeat(1000));
  const long = `${"deep/".repeat(30)}file`;
  const archive = join(directory, "layer.tar");
  const layer = await writeLayer(archive, [
    { path: long, kind: "text", mode: 0o644, text: "é\n" },
    { path: "bin/run", kind: "file", mode: 0o4755, source },
    { path: "bin/alias", kind: "link", target: "run" },
    { path: "tmp", kind: "directory", mode: 0o1777 },
  ]);
  const bytes = readFileSync(archive);
  expect(layer).toEqual({
    digest: `sha256:${createHash("sha256").update(bytes).digest("hex")}`,
    size: bytes.length,
  });
  const list = execFileSync("tar", ["-tvf", archive], { encoding: "utf8" });
  expect(list).toMatch(/^-rwsr-xr-x \S+\s+1000 .* bin\/run$/m);
  expect(list).toMatch(/^lrwxrwxrwx .* bin\/alias -> run$/m);
  expect(list).toMatch(/^drwxrwxrwt .* tmp\/$/m);
  expect(execFileSync("tar", ["-xOf", archive, long], { encoding: "utf8" })).toBe("é\n");
});

test("the same entries in another order give the same digest", async () => {
  const entries: LayerEntry[] = [
    { path: "a/b", kind: "text", mode: 0o644, text: "1" },
    { path: "c", kind: "text", mode: 0o644, text: "2" },
  ];
  const one = await writeLayer(join(directory, "1"), entries);
  const other = await writeLayer(join(directory, "2"), entries.toReversed());
  expect(other.digest).toBe(one.digest);
});

test("parents come before their content and the last entry of a path counts", () => {
  const entries = withParents([
    { path: "a/b/c", kind: "text", mode: 0o644, text: "" },
    { path: "a", kind: "directory", mode: 0o700 },
    { path: "a/b/c", kind: "link", target: "d" },
  ]);
  expect(entries.map(({ path, kind }) => `${path} ${kind}`)).toEqual([
    "a directory",
    "a/b directory",
    "a/b/c link",
  ]);
  expect(entries[0]).toMatchObject({ mode: 0o700 });
});

test("a stored image's tag leads over its manifest to its configuration", async () => {
  const layer = { digest: `sha256:${"a".repeat(64)}`, size: 10 };
  const { id } = await storeImage(directory, "library/x", ["latest", "1"], [layer], {
    Env: [],
    Cmd: ["sh"],
    Labels: {},
  });
  const tag = join(
    directory,
    "docker/registry/v2/repositories/library/x/_manifests/tags/1/current/link",
  );
  const manifest = JSON.parse(readFileSync(blobPath(directory, readFileSync(tag, "utf8")), "utf8"));
  expect(manifest.config.digest).toBe(id);
  expect(manifest.layers[0].digest).toBe(layer.digest);
  const config = JSON.parse(readFileSync(blobPath(directory, id), "utf8"));
  expect(config.config.Cmd).toEqual(["sh"]);
  expect(config.rootfs.diff_ids).toEqual([layer.digest]);
});

test("blobs of no current image are removed, unfinished ones too", async () => {
  const settings = { Env: [], Cmd: [], Labels: {} };
  const old = await storeImage(directory, "library/x", ["1"], [], { ...settings, Cmd: ["old"] });
  const current = await storeImage(directory, "library/x", ["1"], [], settings);
  const unfinished = await newBlob(directory);
  writeFileSync(unfinished, "half");
  await removeOtherBlobs(directory, current.blobs);
  expect(existsSync(blobPath(directory, old.id))).toBe(false);
  expect(existsSync(blobPath(directory, current.id))).toBe(true);
  expect(existsSync(unfinished)).toBe(false);
});

test.runIf(process.platform === "linux")("a program's libraries include its loader", async () => {
  const libraries = await librariesOf([process.execPath]);
  expect(libraries.some((path) => /\/ld-[^/]*$/.test(path))).toBe(true);
  expect(libraries.every((path) => path.startsWith("/"))).toBe(true);
});
