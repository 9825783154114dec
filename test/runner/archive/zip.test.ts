import {
  chmodSync,
  createWriteStream,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ZipFile } from "yazl";
import { unpackFiles } from "#runner/archive/pack.ts";
import { projectFiles } from "#runner/archive/project-files.ts";
import { BadArchive } from "#runner/archive/zip-read.ts";
import { writeGzip, writeZip } from "#runner/archive/zip-write.ts";
import { type TestProject, testProject } from "../support/project.ts";

const never = new AbortController().signal;
let from: TestProject;
let to: TestProject;
let archive: string;
beforeEach(() => {
  from = testProject([]);
  to = testProject([]);
  archive = join(from.root, "archive");
});
afterEach(() => {
  from.remove();
  to.remove();
});

async function pack(
  project: TestProject,
  write: typeof writeZip,
  signal: AbortSignal = never,
): Promise<string[]> {
  const skipped: string[] = [];
  const { found } = await project.find({ paths: ["."] });
  const files = projectFiles(project.paths);
  try {
    await write({
      files,
      found,
      output: createWriteStream(archive),
      level: 6,
      signal,
      skipped: (path) => skipped.push(path),
    });
  } finally {
    await files.close();
  }
  return skipped;
}

async function unpack(project: TestProject, signal: AbortSignal = never): Promise<number> {
  const handle = await open(archive, "r");
  try {
    return await unpackFiles(project.paths, handle.fd, signal);
  } finally {
    await handle.close();
  }
}

/** An archive as `yazl` makes it; then names are replaced by others of the same length, which it would refuse. */
async function craft(
  fill: (zip: ZipFile) => void,
  replace: Readonly<Record<string, string>> = {},
): Promise<void> {
  const zip = new ZipFile();
  fill(zip);
  zip.end();
  let bytes = (await buffer(zip.outputStream)).toString("latin1");
  for (const [name, other] of Object.entries(replace)) bytes = bytes.replaceAll(name, other);
  writeFileSync(archive, bytes, "latin1");
}

describe("an archive", () => {
  test("gives back files, programs, links, empty directories and times", async () => {
    from.remove();
    from = testProject([
      "a.txt",
      "bin/run +x",
      "deep/er/b",
      "empty/",
      "link -> deep/er/b",
      "ä 日本",
    ]);
    archive = join(from.root, "archive");
    chmodSync(join(from.directory, "a.txt"), 0o4640);
    utimesSync(join(from.directory, "a.txt"), 1_600_000_000, 1_600_000_000);
    writeFileSync(join(from.directory, "large"), Buffer.alloc(3_000_000, "large"));
    writeFileSync(join(from.directory, "nothing"), "");
    expect(await pack(from, writeZip)).toEqual([]);
    await unpack(to);
    const at = (name: string) => join(to.directory, name);
    expect(readFileSync(at("ä 日本"), "utf8")).toBe("content of ä 日本\n");
    expect(readFileSync(at("large")).equals(Buffer.alloc(3_000_000, "large"))).toBe(true);
    expect(statSync(at("nothing")).size).toBe(0);
    expect(statSync(at("bin/run")).mode & 0o7777).toBe(0o755);
    expect(statSync(at("a.txt")).mode & 0o7777).toBe(0o640);
    expect(statSync(at("a.txt")).mtimeMs).toBe(1_600_000_000_000);
    expect(statSync(at("empty")).isDirectory()).toBe(true);
    expect(readlinkSync(at("link"))).toBe("deep/er/b");
  });

  test("gives back directories that nobody may write to, with what is in them", async () => {
    from.remove();
    from = testProject(["closed/file"]);
    archive = join(from.root, "archive");
    chmodSync(join(from.directory, "closed"), 0o555);
    await pack(from, writeZip);
    await unpack(to);
    expect(statSync(join(to.directory, "closed")).mode & 0o777).toBe(0o555);
    expect(existsSync(join(to.directory, "closed/file"))).toBe(true);
    for (const { directory } of [from, to]) chmodSync(join(directory, "closed"), 0o755);
  });

  test("replaces files and links that are there, and not what the links led to", async () => {
    writeFileSync(join(from.directory, "one"), "new");
    writeFileSync(join(from.directory, "two"), "new");
    await pack(from, writeZip);
    const precious = join(to.root, "precious");
    writeFileSync(precious, "old");
    writeFileSync(join(to.directory, "one"), "old");
    symlinkSync(precious, join(to.directory, "two"));
    await unpack(to);
    expect(readFileSync(join(to.directory, "one"), "utf8")).toBe("new");
    expect(lstatSync(join(to.directory, "two")).isFile()).toBe(true);
    expect(readFileSync(precious, "utf8")).toBe("old");
  });

  test("leaves out what went away meanwhile, and says so", async () => {
    writeFileSync(join(from.directory, "stays"), "x");
    writeFileSync(join(from.directory, "goes"), "x");
    const { found } = await from.find({ paths: ["."] });
    rmSync(join(from.directory, "goes"));
    symlinkSync("/etc/passwd", join(from.directory, "goes"));
    const files = projectFiles(from.paths);
    const skipped: string[] = [];
    const options = { files, found, output: createWriteStream(archive), level: 6, signal: never };
    await writeZip({ ...options, skipped: (path) => skipped.push(path) });
    await files.close();
    expect(skipped).toEqual(["goes"]);
    expect(await unpack(to)).toBe(1);
  });

  test("of gzip has each file as a member", async () => {
    writeFileSync(join(from.directory, "a.env"), "A=1\n");
    writeFileSync(join(from.directory, "b.env"), "B=2\n");
    await pack(from, writeGzip);
    expect(gunzipSync(readFileSync(archive)).toString()).toBe("A=1\nB=2\n");
  });

  test("is given up when its job is stopped", async () => {
    writeFileSync(join(from.directory, "a"), "x");
    const stopped = AbortSignal.abort(new Error("stopped"));
    await expect(pack(from, writeZip, stopped)).rejects.toThrow("stopped");
    rmSync(archive, { force: true });
    await pack(from, writeZip);
    await expect(unpack(to, stopped)).rejects.toThrow("stopped");
  });
});

describe("an archive made to do harm", () => {
  test.for<[string, string, string]>([
    ["that leads upwards", "xx/evil", "../evil"],
    ["that leads upwards in the middle", "a/xx/xx/evil", "a/../../evil"],
    ["that is absolute", "xtmp/evil", "/tmp/evil"],
  ])("with a path %s is refused", async ([, name, evil]) => {
    await craft((zip) => zip.addBuffer(Buffer.from("x"), name), { [name]: evil });
    await expect(unpack(to)).rejects.toThrow(BadArchive);
    expect(existsSync(join(to.root, "builds/group/evil"))).toBe(false);
    expect(existsSync("/tmp/evil")).toBe(false);
  });

  test("does not write through a link of its own, nor through one that was there", async () => {
    const outside = join(to.root, "outside");
    mkdirSync(outside);
    await craft((zip) => {
      zip.addBuffer(Buffer.from(outside), "way", { mode: 0o120777 });
      zip.addBuffer(Buffer.from("x"), "way/file");
    });
    await expect(unpack(to)).rejects.toThrow(/way is a link or a file/);
    symlinkSync(outside, join(to.directory, "there"));
    await craft((zip) => zip.addBuffer(Buffer.from("x"), "there/file"));
    await expect(unpack(to)).rejects.toThrow(/there is a link or a file/);
    await craft((zip) => zip.addEmptyDirectory("there/directory"));
    await expect(unpack(to)).rejects.toThrow(/there is a link or a file/);
    expect(existsSync(join(outside, "file"))).toBe(false);
    expect(existsSync(join(outside, "directory"))).toBe(false);
  });

  test("does not follow a link that the job put in its project's place", async () => {
    const outside = join(to.root, "outside");
    mkdirSync(outside);
    rmSync(to.directory, { recursive: true });
    symlinkSync(outside, to.directory);
    await craft((zip) => zip.addBuffer(Buffer.from("x"), "file"));
    await expect(unpack(to)).rejects.toThrow(/project is a link or a file/);
    await expect(to.find({ paths: ["."] })).resolves.toMatchObject({ found: [] });
    expect(existsSync(join(outside, "file"))).toBe(false);
  });

  test("that is cut off, or nothing of the kind, is refused", async () => {
    await craft((zip) => zip.addBuffer(Buffer.alloc(100_000, "x"), "file", { compress: false }));
    truncateSync(archive, 50_000);
    await expect(unpack(to)).rejects.toThrow(BadArchive);
    writeFileSync(archive, "<html>");
    await expect(unpack(to)).rejects.toThrow(BadArchive);
    writeFileSync(archive, "");
    await expect(unpack(to)).rejects.toThrow(BadArchive);
  });

  test("with a file where a directory is says so", async () => {
    mkdirSync(join(to.directory, "name"));
    await craft((zip) => zip.addBuffer(Buffer.from("x"), "name"));
    await expect(unpack(to)).rejects.toThrow(/a directory is where the file/);
  });
});
