import { describe, expect, test } from "vitest";
import {
  expandRunner,
  expandServer,
  MAX_EXPANDED_LENGTH,
  sortAndExpand,
} from "#language/scope/expand.ts";
import type { Variable } from "#language/variables.ts";

const VALUES: Record<string, string> = { A: "1", NAME_2: "two", _x: "under", EMPTY: "", REF: "$A" };
const lookup = (name: string) => VALUES[name];

describe("the server's expander", () => {
  test.for([
    ["$A", "1", "1"],
    ["${A}", "1", "1"],
    ["%A%", "1", "1"],
    ["x$A-${NAME_2}y%_x%z", "x1-twoyunderz", "x1-twoyunderz"],
    ["$EMPTY|", "|", "|"],
    ["$NOPE|${NOPE}|%NOPE%", "||", "$NOPE|${NOPE}|%NOPE%"],
    ["$$A", "$$A", "$$A"],
    ["$$$A", "$$1", "$$1"],
    ["%%A%%", "%%A%%", "%%A%%"],
    ["$1", "$1", "$1"],
    ["${1}", "${1}", "${1}"],
    ["${}", "${}", "${}"],
    ["${A", "${A", "${A"],
    ["$", "$", "$"],
    ["100%", "100%", "100%"],
    ["${A:-x}", "${A:-x}", "${A:-x}"],
    ["$REF", "$A", "$A"],
    ["$Ab", "", "$Ab"],
    ["$A.b", "1.b", "1.b"],
    ["", "", ""],
  ])("%j is %j, keeping unknown names %j", ([text = "", empty, keep]) => {
    expect(expandServer(text, lookup, "empty")).toEqual({ ok: true, value: empty });
    expect(expandServer(text, lookup, "keep")).toEqual({ ok: true, value: keep });
  });

  test("a result beyond the limit is refused by its number", () => {
    const value = "x".repeat(10_000);
    expect(expandServer("$A".repeat(1_000), () => value, "empty")).toEqual({
      ok: false,
      message: expect.stringContaining(String(MAX_EXPANDED_LENGTH)),
    });
  });
});

describe("the runner's expander", () => {
  test.for([
    ["$A", "1"],
    ["${A}", "1"],
    ["%A%", "%A%"],
    ["a${A}b$NAME_2", "a1btwo"],
    ["$NOPE|", "|"],
    ["$$", "$"],
    ["$$A", "$A"],
    ["$REF", "$A"],
    ["$1", ""],
    ["$12", "2"],
    ["$*$#$@$!$?$0", ""],
    ["${*}", ""],
    ["$-", ""],
    ["$", "$"],
    ["$ x", "$ x"],
    ["5$ and $.", "5$ and $."],
    ["${}", ""],
    ["${A", "A"],
    ["${A:-x}", ""],
    ["x$Ay", "x"],
    ["registry/$A:${NAME_2}", "registry/1:two"],
    ["${A}b", "1b"],
    ["$A/$NAME_2:x", "1/two:x"],
    ["${NOPE:-default}", ""],
    ["100$", "100$"],
    ["$ A", "$ A"],
    ["$*$#$@$!$?|", "|"],
    ["${open", "open"],
    ["$-x", "x"],
    ["", ""],
  ])("%j is %j", ([text = "", expected]) => {
    expect(expandRunner(text, lookup)).toEqual({ ok: true, value: expected });
  });

  test("unclosed braces cost linear time", () => {
    expect(expandRunner("${".repeat(300_000), lookup)).toEqual({ ok: true, value: "" });
  });
});

describe("variables that refer to one another", () => {
  const list = (...pairs: [string, string][]): Variable[] =>
    pairs.map(([key, value]) => ({ key, value }));
  const values = (variables: readonly Variable[], mode?: "all") => {
    const result = sortAndExpand(variables, mode);
    if ("error" in result) return result.error;
    return Object.fromEntries(result.variables.map(({ key, value }) => [key, value]));
  };

  test.for<[string, Variable[], Record<string, string>]>([
    [
      "a chain in any order",
      list(["A", "$B-a"], ["B", "$C-b"], ["C", "c"]),
      { A: "c-b-a", B: "c-b", C: "c" },
    ],
    [
      "two ways to one",
      list(["A", "$B$C"], ["B", "$D"], ["C", "$D"], ["D", "d"]),
      { A: "dd", B: "d", C: "d", D: "d" },
    ],
    [
      "what only the runner knows stays",
      list(["A", "$CI_PROJECT_DIR/$B"], ["B", "b"]),
      { A: "$CI_PROJECT_DIR/b", B: "b" },
    ],
    ["escaped dollars stay", list(["A", "$$B"], ["B", "b"]), { A: "$$B", B: "b" }],
    ["all three spellings", list(["A", "$B ${B} %B%"], ["B", "b"]), { A: "b b b", B: "b" }],
    ["the last of a key wins", list(["A", "1"], ["B", "$A"], ["A", "2"]), { B: "2", A: "2" }],
    [
      "an override may use what it overrides",
      list(["A", "1"], ["A", "$A-2"], ["A", "$A-3"]),
      { A: "1-2-3" },
    ],
    ["a variable that names only itself stays", list(["PATH", "$PATH:/x"]), { PATH: "$PATH:/x" }],
    [
      "an inserted value is not read again",
      list(["A", "$B"], ["B", "$$C"], ["C", "c"]),
      { A: "$$C", B: "$$C", C: "c" },
    ],
  ])("%s", ([, variables, expected]) => {
    expect(values(variables)).toEqual(expected);
  });

  test("raw variables are not expanded, and references to raw and file variables stay for the runner", () => {
    const variables: Variable[] = [
      { key: "RAW", value: "$A", raw: true },
      { key: "FILE", value: "content $A", file: true },
      { key: "A", value: "a" },
      { key: "USE", value: "$RAW|$FILE|$A" },
    ];
    expect(values(variables)).toEqual({
      RAW: "$A",
      FILE: "content a",
      A: "a",
      USE: "$RAW|$FILE|a",
    });
    expect(values(variables, "all")).toMatchObject({ USE: "$A|content a|a" });
  });

  test("with `all` an unknown name becomes empty", () => {
    expect(values(list(["A", "x$NOPE"]), "all")).toEqual({ A: "x" });
  });

  test("flags and order are kept", () => {
    const variables: Variable[] = [
      { key: "B", value: "$A", masked: true, public: false },
      { key: "A", value: "a", file: true },
    ];
    expect(sortAndExpand(variables)).toEqual({
      variables: [
        { key: "B", value: "$A", masked: true, public: false },
        { key: "A", value: "a", file: true },
      ],
    });
  });

  test.for<[string, Variable[], string]>([
    ["two", list(["a", "$b"], ["b", "$a"]), "[a, b]"],
    ["three", list(["a", "$b"], ["b", "$c"], ["c", "${a}"]), "[a, b, c]"],
    ["beside others", list(["x", "1"], ["y", "$a"], ["a", "%b%"], ["b", "$a $x"]), "[a, b]"],
    ["two circles", list(["a", "$b"], ["b", "$a"], ["c", "$d"], ["d", "$c"]), "[a, b], [c, d]"],
  ])("a circle of %s is an error", ([, variables, names]) => {
    expect(values(variables)).toBe(`circular variable reference detected: ${names}`);
  });

  test("a circle through a raw variable is none", () => {
    const variables = [...list(["a", "$b"]), { key: "b", value: "$a", raw: true }];
    expect(values(variables)).toEqual({ a: "$b", b: "$a" });
  });

  test("an expansion bomb is refused by the number of the limit", () => {
    const bomb = Array.from({ length: 40 }, (_, level): [string, string] => [
      `V${level}`,
      level === 0 ? "lol" : `$V${level - 1}`.repeat(10),
    ]);
    expect(values(list(...bomb))).toContain(`limit of ${MAX_EXPANDED_LENGTH} characters`);
  });

  test("many long values are refused by the limit of their sum", () => {
    const long: [string, string] = ["L", "x".repeat(MAX_EXPANDED_LENGTH - 1)];
    const copies = Array.from({ length: 5 }, (_, index): [string, string] => [`C${index}`, "$L"]);
    expect(values(list(long, ...copies))).toContain("together longer than the limit of 4194304");
  });

  test("a chain of 20,000 variables needs no deep stack", () => {
    const chain = Array.from({ length: 20_000 }, (_, index): [string, string] => [
      `V${index}`,
      index === 19_999 ? "end" : `$V${index + 1}`,
    ]);
    expect(values(list(...chain))).toMatchObject({ V0: "end" });
  });
});
