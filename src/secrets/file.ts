import { createHash, randomBytes, randomUUID } from "node:crypto";
import { chmod, link, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { oneAfterAnother } from "./one-after-another.ts";
import { keptMilliseconds } from "./secret-text.ts";
import type { Secrets } from "./secrets.ts";

/** A secret's file does not hold what this adapter wrote. Its content is not repeated here. */
export class UnreadableSecret extends Error {
  override readonly name = "UnreadableSecret";

  constructor(path: string) {
    super(
      `The secret in ${path} cannot be read: restore the file, or delete it to have a new one.`,
    );
  }
}

type Version = {
  readonly value: string;
  /** Set when a newer one took over. */
  readonly forgetAt?: string;
};

/**
 * One file per secret, readable by its owner only, replaced as a whole. After a rotation the value before
 * stays valid for a day, so that whoever still uses it can follow.
 */
export function fileSecrets(
  directory: string,
  options: { readonly now?: () => number } = {},
): Secrets {
  const { now = Date.now } = options;
  /** Serializes changes, so that two concurrent ones do not undo each other. */
  const change = oneAfterAnother();

  async function validVersions(name: string): Promise<readonly Version[]> {
    const versions = await readVersions(secretPath(directory, name));
    return versions.filter(
      ({ forgetAt }) => forgetAt === undefined || Date.parse(forgetAt) > now(),
    );
  }

  return {
    get: async (name) => (await validVersions(name)).map((version) => version.value),

    ensure: (name) =>
      change(async () => {
        const [present] = await validVersions(name);
        if (present !== undefined) return present.value;
        const made = { value: randomBytes(32).toString("base64url") };
        const first = await writeVersions(directory, name, [made], "if_absent");
        if (first === "done") return made.value;
        const [other] = await validVersions(name);
        if (other === undefined) throw new UnreadableSecret(secretPath(directory, name));
        return other.value;
      }),

    rotate: (name, value) =>
      change(async () => {
        const [newest, ...older] = await validVersions(name);
        if (newest?.value === value) return;
        const forgetAt = new Date(now() + keptMilliseconds).toISOString();
        const before = newest === undefined ? [] : [{ ...newest, forgetAt }];
        await writeVersions(directory, name, [{ value }, ...before, ...older], "replace");
      }),
  };
}

/** Names have slashes and any letters; a file name has neither, and 255 bytes. */
function secretPath(directory: string, name: string): string {
  const file = encodeURIComponent(name).replaceAll(".", "%2E");
  const short = file.length <= 200;
  return join(directory, short ? file : createHash("sha256").update(name).digest("hex"));
}

async function readVersions(path: string): Promise<readonly Version[]> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
  const versions = parseVersions(text);
  if (versions === undefined) throw new UnreadableSecret(path);
  return versions;
}

function parseVersions(text: string): readonly Version[] | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) && parsed.every(isVersion) ? parsed : undefined;
  } catch {
    // The parser's message would quote the content.
    return undefined;
  }
}

function isVersion(value: unknown): value is Version {
  return (
    typeof value === "object" &&
    value !== null &&
    "value" in value &&
    typeof value.value === "string" &&
    (!("forgetAt" in value) || typeof value.forgetAt === "string")
  );
}

async function writeVersions(
  directory: string,
  name: string,
  versions: readonly Version[],
  how: "replace" | "if_absent",
): Promise<"done" | "exists"> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await chmod(directory, 0o700);
  const target = secretPath(directory, name);
  const beside = join(directory, `.${randomUUID()}`);
  try {
    await writeFile(beside, JSON.stringify(versions), { mode: 0o600, flag: "wx" });
    // A link, unlike a rename, refuses when another process was first.
    await (how === "replace" ? rename(beside, target) : link(beside, target));
    return "done";
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return "exists";
    throw error;
  } finally {
    await rm(beside, { force: true });
  }
}
