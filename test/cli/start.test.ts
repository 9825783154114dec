import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readNote } from "#local/bundle/note.mjs";
import { noteFileOf, type ProgramName } from "#local/bundle/programs.mjs";

const source = resolve(import.meta.dirname, "../..");
let root: string;

/** A checkout after `npm ci`, where nothing was set up. */
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "slipway-start-"));
  for (const name of ["cli", "local", "src", "functions", "package.json", "tsconfig.json"])
    cpSync(join(source, name), join(root, name), { recursive: true, preserveTimestamps: true });
  symlinkSync(join(source, "node_modules"), join(root, "node_modules"));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

async function slipway(...args: string[]) {
  const child = spawn(process.execPath, [join(root, "cli/slipway.js"), ...args], { cwd: root });
  const ended = new Promise<number | null>((done) => child.once("close", done));
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, out, err };
}

async function edit(path: string, change: (text: string) => string): Promise<void> {
  const before = readFileSync(join(root, path), "utf8");
  const after = change(before);
  expect(after).not.toBe(before);
  await writeFile(join(root, path), after);
}

const noteFile = () => join(root, noteFileOf("client"));

describe.sequential("the command line", { timeout: 120_000 }, () => {
  test("of a checkout that only has its packages makes its bundle, once", async () => {
    const version: unknown = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).version;
    expect(await slipway("--version")).toEqual({ code: 0, out: `${version}\n`, err: "" });
    const { ino } = await stat(noteFile());
    expect(await slipway("--version")).toEqual({ code: 0, out: `${version}\n`, err: "" });
    expect((await stat(noteFile())).ino).toBe(ino);
  });

  test("checks and loads for a light command nothing that only others need", async () => {
    const heavy =
      /node_modules\/(?:@aws-sdk|@smithy|dockerode|re2js|yaml)\/|^src\/language\/jobs\/|^local\/(?:up|wire|setup)\//;
    const loaded = checkedFor("client");
    expect(loaded).toContain("cli/commands/status.ts");
    expect(loaded.filter((path) => heavy.test(path))).toEqual([]);
    const { entries } = readNote(noteFile());
    expect((await stat(join(root, entries.main ?? ""))).size).toBeLessThan(300_000);
    expect((await slipway("lint", "--help")).code).toBe(0);
    expect(checkedFor("author").filter((path) => heavy.test(path))).not.toEqual([]);
    expect(
      checkedFor("author").filter((path) => /@aws-sdk|dockerode|^local\/up\//.test(path)),
    ).toEqual([]);
  });

  test.for([
    ["package.json", (text: string) => text.replace(/"version": "[^"]*"/, '"version": "77.0.0"')],
    ["cli/program.ts", (text: string) => text.replace("packageJson.version", '"78.0.0"')],
  ] as const)("never runs an old bundle after %s was edited", async ([path, change]) => {
    await edit(path, change);
    const all = await Promise.all([1, 2].map(() => slipway("--version")));
    const expected = path === "package.json" ? "77.0.0\n" : "78.0.0\n";
    expect(all).toEqual(all.map(() => ({ code: 0, out: expected, err: "" })));
  });

  test("shows for a bug the file and the line where it is", async () => {
    await edit("cli/commands/init.ts", (text) => {
      const lines = text.split("\n");
      const line = lines.findIndex((each) => each.includes("const config = await readConfig"));
      return lines.toSpliced(line, 0, '        throw new TypeError("planted");').join("\n");
    });
    const planted = readFileSync(join(root, "cli/commands/init.ts"), "utf8").split("\n");
    const line = planted.findIndex((each) => each.includes("planted")) + 1;
    const { code, err } = await slipway("init");
    expect(code).toBe(1);
    expect(err).toContain("TypeError: planted");
    expect(err).toContain(`${join(root, "cli/commands/init.ts")}:${line}:`);
  });

  test("runs from its sources where no bundle can be made, and says so", async () => {
    rmSync(join(root, "dist"), { recursive: true });
    await writeFile(join(root, "dist"), "in the way");
    const { code, out, err } = await slipway("--version");
    expect({ code, out }).toEqual({ code: 0, out: "78.0.0\n" });
    expect(err).toMatch(/^slipway: runs from its sources, which is slower, because .*\n$/);
  });
});

/** Files that a program was made of: what is checked before each start of it. */
function checkedFor(program: ProgramName): readonly string[] {
  const { signatures } = readNote(join(root, noteFileOf(program)));
  return Object.keys(signatures).map((path) => path.replace(/^.*(?=node_modules\/)/, ""));
}
