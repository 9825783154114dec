// The first thing that `npm run demo` and `npm test` run: plain JavaScript, because nothing is installed yet.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/**
 * @param {string} problem
 * @param {string} howToGet
 * @returns {never}
 */
function fail(problem, howToGet) {
  console.error(`\nSet-up cannot go on. ${problem}\n\n  How to get it: ${howToGet}\n`);
  process.exit(1);
}

/** Who only runs Slipway needs no compiler, linter or CDK: they are three quarters of the download. */
const omitDev = process.argv.includes("--omit=dev");

/** Why `npm ci` is needed; undefined when node_modules fits package-lock.json. */
function whyInstall() {
  const installed = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(installed)) {
    return "node_modules is missing";
  }
  // What counts is whether the versions differ: a checkout touches the file without changing it.
  /**
   * @param {string} file
   * @returns {[string, Record<string, unknown>][]}
   */
  const packages = (file) =>
    Object.entries(JSON.parse(readFileSync(file, "utf8")).packages).filter(([path]) => path !== "");
  const present = new Map(packages(installed).map(([path, { version }]) => [path, version]));
  const missing = packages(join(root, "package-lock.json")).filter(
    ([path, { version, optional, dev, devOptional, inBundle }]) =>
      present.get(path) !== version &&
      // It comes inside another one, which is asked for by itself.
      !inBundle &&
      !(optional && !present.has(path)) &&
      !(omitDev && (dev || devOptional)),
  );
  if (missing.length === 0) {
    return undefined;
  }
  return missing.every(([path]) => !present.has(path))
    ? "some that this command needs are missing"
    : "package-lock.json asks for other versions than node_modules holds";
}

/** @param {string} why */
function npmCi(why) {
  const began = Date.now();
  process.stdout.write(`  npm packages installing, because ${why} …\n`);
  const npm = spawnSync(
    "npm",
    ["ci", omitDev ? "--omit=dev" : "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"],
    {
      cwd: root,
      encoding: "utf8",
    },
  );
  if (npm.status !== 0) {
    const said = `${npm.stderr ?? ""}${npm.error?.message ?? ""}`
      .trim()
      .split("\n")
      .slice(-8)
      .join("\n");
    fail(`npm ci failed:\n${said}`, `cd ${root} && npm ci`);
  }
  console.log(`  npm packages installed by npm ci (${((Date.now() - began) / 1000).toFixed(1)} s)`);
}

/**
 * Two set-ups of one checkout at once must not both run npm ci; a directory can only be made once.
 * @param {() => void} work
 */
function withInstallLock(work) {
  const lock = join(root, ".npm-ci.lock");
  const deadline = Date.now() + 300_000;
  for (;;) {
    try {
      mkdirSync(lock);
      break;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) {
        throw error;
      }
      if (Date.now() > deadline || Date.now() - statSync(lock).mtimeMs > 600_000) {
        fail(`Another npm ci seems to run here: ${lock} exists.`, `If none does: rmdir ${lock}`);
      }
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    }
  }
  const release = () => existsSync(lock) && rmdirSync(lock);
  process.once("exit", release);
  work();
  release();
}

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 20 || major === 21 || (major === 20 && minor < 19) || (major === 22 && minor < 2)) {
  fail(
    `Slipway needs Node 20.19 or newer (of Node 22: 22.2 or newer); this is ${process.version}.`,
    "https://nodejs.org/en/download",
  );
}
if (whyInstall()) {
  withInstallLock(() => {
    const why = whyInstall();
    if (why) {
      npmCi(why);
    }
  });
}
// `--packages`: what needs neither engine nor registry, such as the unit tests, needs no more than this.
if (!process.argv.includes("--packages")) {
  process.chdir(root);
  const { startProgram } = await import("../bundle/start.mjs");
  await startProgram("command-line", "setup");
}
