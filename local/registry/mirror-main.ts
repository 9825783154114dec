import { createBoundedServer } from "#http/bounded-server.ts";
import { keepRegistry } from "./child.ts";
import { passOn } from "./pass-on.ts";

// The mirror of base images at one address: a registry that only reads, behind a door that nobody can hold open.

const holdMilliseconds = 10_000;
const nobody = 65534;
const standardOutput = 1;

function log(line: string): void {
  console.log(`${new Date().toISOString()} ${line}`);
}

/** It only reads and serves: root's rights are of no use to it. */
function giveUpRights(): void {
  if (process.getuid?.() !== 0) return;
  process.setgroups?.([]);
  process.setgid?.(nobody);
  process.setuid?.(nobody);
}

const [, , config = "", registryBinary = "", address = "", port = ""] = process.argv;
giveUpRights();
const registry = keepRegistry({
  // A variable counts more than the configuration (CNCF Distribution's documents, "Override specific configuration options").
  prepare: async (free) => [
    "/usr/bin/env",
    `REGISTRY_HTTP_ADDR=127.0.0.1:${free}`,
    registryBinary,
    "serve",
    config,
  ],
  log: standardOutput,
  started: async () => undefined,
  say: log,
});
const server = createBoundedServer((req, res) => {
  const behind = { registryPort: registry.ready, holdMilliseconds };
  passOn(behind, req, res).catch(() => res.destroy());
});
async function end(status: number): Promise<void> {
  server.close();
  server.closeIdleConnections();
  await registry.stop();
  process.exit(status);
}
server.once("error", (error) => {
  log(`cannot listen on ${address}:${port}: ${error.message}`);
  void end(1);
});
server.listen(Number(port), address);
process.once("SIGTERM", () => void end(0));
