import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

type Package = {
  readonly version?: string;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly inBundle?: boolean;
};
type Lock = { readonly packages: Readonly<Record<string, Package>> };

const source = resolve(import.meta.dirname, "../../..");
const lock: Lock = JSON.parse(readFileSync(join(source, "package-lock.json"), "utf8"));
let root: string;

const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
};

/** A checkout whose npm and set-up only say that they were called. */
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "slipway-bootstrap-"));
  mkdirSync(join(root, "local/setup"), { recursive: true });
  for (const file of ["local/setup/bootstrap.mjs", "package-lock.json"])
    copyFileSync(join(source, file), join(root, file));
  write(
    "local/bundle/start.mjs",
    'export async function startProgram() { console.log("the set-up goes on"); }',
  );
  write("bin/npm", "#!/bin/sh\nexit 0\n");
  chmodSync(join(root, "bin/npm"), 0o755);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** As `npm ci` leaves it, but for what the test takes away. */
function install(isThere: (path: string, entry: Package) => boolean): void {
  const packages = Object.entries(lock.packages).filter(([path, entry]) => isThere(path, entry));
  write(
    "node_modules/.package-lock.json",
    JSON.stringify({ packages: Object.fromEntries(packages) }),
  );
}

function bootstrap(...args: string[]): string {
  const { stdout } = spawnSync(process.execPath, ["local/setup/bootstrap.mjs", ...args], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, PATH: `${join(root, "bin")}${delimiter}${process.env.PATH}` },
  });
  return stdout;
}

const isForUse = (entry: Package) => !entry.dev && !entry.devOptional && !entry.inBundle;

test("what npm ci without development packages left is not installed again", () => {
  install((_, entry) => isForUse(entry));
  expect(bootstrap("--omit=dev")).toBe("the set-up goes on\n");
});

test("development packages are installed where they are missing and needed", () => {
  install((_, entry) => isForUse(entry));
  expect(bootstrap()).toMatch(/installing, because some that this command needs are missing/);
});

test("what needs packages alone gets no more than these", () => {
  install(() => true);
  expect(bootstrap("--packages")).toBe("");
  install((_, entry) => isForUse(entry));
  const said = bootstrap("--packages");
  expect(said).toMatch(/installing, because some that this command needs are missing/);
  expect(said).not.toContain("the set-up goes on");
});

test("a package that is missing, or of another version, is installed", () => {
  install((path, entry) => isForUse(entry) && path !== "node_modules/hono");
  expect(bootstrap("--omit=dev")).toMatch(/installing, because some .* are missing/);
  install(() => true);
  expect(bootstrap()).toBe("the set-up goes on\n");
  const installed = join(root, "node_modules/.package-lock.json");
  const { packages }: Lock = JSON.parse(readFileSync(installed, "utf8"));
  const older = { ...packages, "node_modules/hono": { version: "1.0.0" } };
  writeFileSync(installed, JSON.stringify({ packages: older }));
  expect(bootstrap()).toMatch(/installing, because package-lock.json asks for other versions/);
});
