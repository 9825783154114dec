import { ForgeError } from "../forge.ts";
import { readGit, runGit } from "./git-command.ts";

// Names reach git on the standard input of `cat-file`, one a line: no name can be an option there.

export type GitObject = { readonly id: string; readonly type: string; readonly content: Buffer };

const header = /^([0-9a-f]{40,64}) (\w+) (\d+)$/;

/** Reads one object by any name git knows (`<sha>:<path>`, a full ref); undefined where there is none. */
export async function readObject(
  directory: string,
  name: string,
  maxBytes: number,
): Promise<GitObject | undefined> {
  if (/[\n\0]/.test(name)) return undefined;
  const result = await runGit(directory, ["cat-file", "--batch"], {
    input: `${name}\n`,
    maxBytes: maxBytes + 200,
  });
  if (result.truncated)
    throw new ForgeError(`${name} is larger than the ${maxBytes} bytes that are read of a file.`, {
      retryable: false,
    });
  const end = result.stdout.indexOf(0x0a);
  const found = header.exec(result.stdout.subarray(0, Math.max(end, 0)).toString("utf8"));
  if (!found?.[1] || !found[2] || !found[3]) return undefined;
  const content = result.stdout.subarray(end + 1, end + 1 + Number(found[3]));
  return { id: found[1], type: found[2], content };
}

/** The commits that names lead to, tags followed to their end; undefined for each that leads to none. */
export async function resolveCommits(
  directory: string,
  names: readonly string[],
): Promise<readonly (string | undefined)[]> {
  if (names.some((name) => /[\n\0]/.test(name))) return names.map(() => undefined);
  const output = await readGit(directory, ["cat-file", "--batch-check"], {
    input: names.map((name) => `${name}^{commit}\n`).join(""),
  });
  const lines = output.toString("utf8").split("\n");
  return names.map((_, index) => {
    const found = header.exec(lines[index] ?? "");
    return found?.[2] === "commit" ? found[1] : undefined;
  });
}

/** A full commit id, which git can take for nothing else. */
export function isSha(value: string): boolean {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(value);
}

/** Whether git accepts this as a ref or a part of one (`git check-ref-format`): never an expression or option. */
export function isRefName(name: string): boolean {
  return (
    name !== "@" &&
    !/[\0-\x20\x7f~^:?*[\\]|\.\.|@\{|\/\/|^[/-]|[/.]$/.test(name) &&
    name.split("/").every((part) => part !== "" && !part.startsWith(".") && !part.endsWith(".lock"))
  );
}

/** Message of an annotated tag (`v1`), without its signature; undefined for any other. */
export async function readTagMessage(directory: string, tag: string): Promise<string | undefined> {
  if (!isRefName(tag)) return undefined;
  const found = await readObject(directory, `refs/tags/${tag}`, 1024 * 1024);
  if (found?.type !== "tag") return undefined;
  const text = found.content.toString("utf8");
  const start = text.indexOf("\n\n");
  const message = start === -1 ? "" : text.slice(start + 2);
  const signature = /^-----BEGIN (?:PGP SIGNATURE|PGP MESSAGE|SSH SIGNATURE)-----$/m.exec(message);
  return message.slice(0, signature?.index).trim();
}
