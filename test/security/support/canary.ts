import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What no job may touch: directories of this machine, outside of the service's data. */
export type Canary = {
  /** Makes a directory for one attack, with files in it, and gives its path. */
  readonly directory: (name: string) => string;
  /** A text that is in the files, to be looked for where it must not come. */
  readonly secret: string;
  /** Names of these directories that are not as they were made, and of any that nobody made. */
  readonly changed: (names: readonly string[]) => string[];
  readonly remove: () => void;
};

export function makeCanary(): Canary {
  const root = mkdtempSync(join(tmpdir(), "slipway-canary-"));
  const secret = `canary-${createHash("sha256").update(root).digest("hex")}`;
  const made = new Map<string, string>();
  return {
    secret,
    directory: (name) => {
      const path = join(root, name);
      mkdirSync(join(path, "sub"), { recursive: true });
      writeFileSync(join(path, "canary"), `${secret}\n`);
      writeFileSync(join(path, "sub/file"), `${secret}\n`);
      made.set(name, contentOf(path));
      return path;
    },
    changed: (names) => [
      ...names.filter((name) => contentOf(join(root, name)) !== made.get(name)),
      ...readdirSync(root).filter((name) => !made.has(name)),
    ],
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** All names below a directory with what is in the files. */
function contentOf(path: string): string {
  try {
    const names = readdirSync(path, { recursive: true, withFileTypes: true });
    return names
      .map((entry) => join(entry.parentPath, entry.name) + (entry.isFile() ? read(entry) : ""))
      .sort()
      .join("\n");
  } catch (error) {
    return String(error);
  }
}

function read(entry: { readonly parentPath: string; readonly name: string }): string {
  return `: ${readFileSync(join(entry.parentPath, entry.name), "utf8")}`;
}

/** A listener on loopback that nobody has a reason to talk to. */
export type CanaryListener = {
  readonly port: number;
  readonly heard: () => readonly string[];
  readonly close: () => Promise<void>;
};

export async function canaryListener(): Promise<CanaryListener> {
  const heard: string[] = [];
  const server = createServer((request, response) => {
    heard.push(`${request.method} ${request.url} ${request.headers.authorization ?? ""}`);
    response.writeHead(401, { "www-authenticate": 'Basic realm="canary"' }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    heard: () => heard,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
