import type { CommitFacts } from "#language/facts.ts";

// Git's own formats (git manual: cat-file, ls-tree), turned into the port's.

const submodule = "160000 ";

/** Paths of the files in `ls-tree -r -z` output, sorted; submodules are no files. */
export function parsePaths(listing: Buffer): readonly string[] {
  return listing
    .toString("utf8")
    .split("\0")
    .filter((entry) => entry !== "" && !entry.startsWith(submodule))
    .map((entry) => entry.slice(entry.indexOf("\t") + 1))
    .sort();
}

/** A commit object; its timestamp is the committer's, as in GitLab's `CI_COMMIT_TIMESTAMP`. */
export function parseCommit(sha: string, content: Buffer): Omit<CommitFacts, "beforeSha"> {
  const end = content.indexOf("\n\n");
  const head = content.subarray(0, end === -1 ? content.length : end);
  const encoding = /^encoding (.+)$/m.exec(head.toString("latin1"))?.[1] ?? "utf-8";
  const headers = decode(head, encoding);
  const author = personOf(/^author (.*)$/m.exec(headers)?.[1] ?? "");
  const committer = /^committer .*> (-?\d+) ([+-]\d{4})$/m.exec(headers);
  return {
    sha,
    message: end === -1 ? "" : decode(content.subarray(end + 2), encoding),
    authorName: author.name,
    authorEmail: author.email,
    timestamp: isoTime(Number(committer?.[1] ?? 0), committer?.[2] ?? "+0000"),
  };
}

/** `Name <address> seconds zone`. */
function personOf(line: string): { readonly name: string; readonly email: string } {
  const open = line.indexOf("<");
  const close = line.lastIndexOf("> ");
  if (open < 0 || close < open) return { name: "", email: "" };
  return { name: line.slice(0, open).replace(/ $/, ""), email: line.slice(open + 1, close) };
}

function decode(bytes: Buffer, encoding: string): string {
  try {
    return new TextDecoder(encoding).decode(bytes);
  } catch {
    return new TextDecoder().decode(bytes);
  }
}

/** In the zone that the commit names: `2026-01-03T23:36:29+02:00`. */
function isoTime(seconds: number, zone: string): string {
  const sign = zone.startsWith("-") ? -1 : 1;
  const offset = sign * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3)));
  // A commit may claim any time at all; what no date can hold is the epoch.
  const shifted = new Date((seconds + offset * 60) * 1000);
  if (Number.isNaN(shifted.getTime())) return "1970-01-01T00:00:00+00:00";
  return `${shifted.toISOString().slice(0, -5)}${zone.slice(0, 3)}:${zone.slice(3)}`;
}
