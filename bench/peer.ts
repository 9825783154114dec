import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const directory = join(import.meta.dirname, "../.slipway/bench-peer");

export type Peer = { readonly node: string; readonly program: string };

/**
 * gitlab-ci-local, and a Node 22 for it where this one is older, from the npm registry, and the rsync that
 * it calls, from apt: only benchmarks need them. The reason why not, where they cannot be had.
 */
export async function installPeer(): Promise<Peer | string> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, "package.json"), '{"private":true}\n');
  const own = Number(process.versions.node.split(".")[0]) >= 22;
  const packages = ["gitlab-ci-local@4.75.1", ...(own ? [] : ["node@22.23.3"])];
  const program = join(directory, "node_modules/.bin/gitlab-ci-local");
  const node = own ? process.execPath : join(directory, "node_modules/node/bin/node");
  try {
    await run("npm", ["install", "--prefix", directory, "--no-audit", "--no-fund", ...packages]);
    await run(node, ["--version"]);
    await run("rsync", ["--version"]).catch(() => run("apt-get", ["install", "-y", "-q", "rsync"]));
    return { node, program };
  } catch (error) {
    return `gitlab-ci-local is left out: ${error instanceof Error ? error.message.split("\n")[0] : error}`;
  }
}
