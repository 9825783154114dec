import { expect, test } from "vitest";
import { parseCommit, parsePaths } from "#forge/local/convert.ts";

const sha = "1".repeat(40);

function raw(author: string, committer: string, rest: string): Buffer {
  const head = `tree ${sha}\nauthor ${author}\ncommitter ${committer}\n`;
  return Buffer.from(`${head}${rest}`, "latin1");
}

test.for<[string, Buffer, Record<string, string>]>([
  [
    "the committer's time in the committer's zone",
    raw("A B <a@b> 1 +0000", "C <c@d> 1767476189 +0200", "\nhello\n"),
    {
      authorName: "A B",
      authorEmail: "a@b",
      timestamp: "2026-01-03T23:36:29+02:00",
      message: "hello\n",
    },
  ],
  [
    "a zone west of Greenwich, with half an hour",
    raw("A <a@b> 1 +0000", "C <c@d> 1767476189 -0330", "\nx"),
    { timestamp: "2026-01-03T18:06:29-03:30" },
  ],
  [
    "a message in its own encoding",
    raw("J\xf6rg <a@b> 1 +0000", "C <c@d> 1 +0000", "encoding ISO-8859-1\n\ngr\xfcn"),
    { authorName: "Jörg", message: "grün" },
  ],
  [
    "an encoding nobody knows",
    raw("A <a@b> 1 +0000", "C <c@d> 1 +0000", "encoding klingon\n\nx"),
    { message: "x" },
  ],
  [
    "no name and no message",
    raw(" <> 1 +0000", "C <c@d> 1 +0000", ""),
    { authorName: "", authorEmail: "", message: "" },
  ],
  [
    "a time that no calendar has",
    raw("A <a@b> 1 +0000", "C <c@d> 99999999999999999 +0000", "\nx"),
    { timestamp: "1970-01-01T00:00:00+00:00" },
  ],
])("a commit with %s is read", ([, content, expected]) => {
  expect(parseCommit(sha, content)).toMatchObject(expected);
});

test("submodules are left out of the files, tabs in names are not", () => {
  const listing = [
    `100644 blob ${sha}\tb`,
    `160000 commit ${sha}\tsub`,
    `120000 blob ${sha}\ta\tc`,
  ];
  expect(parsePaths(Buffer.from(`${listing.join("\0")}\0`))).toEqual(["a\tc", "b"]);
});
