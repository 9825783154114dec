import { describe, expect, test } from "vitest";
import { evaluateExpression } from "#language/expression/evaluate-expression.ts";
import { parseExpression } from "#language/expression/parse-expression.ts";
import { MAX_EXPRESSION_LENGTH, MAX_TOKENS } from "#language/expression/tokenize.ts";

const VALUES: Record<string, string> = {
  P: "present",
  EMPTY: "",
  BLANK: "  \t",
  ZERO: "0",
  FALSE: "false",
  TRUE: "true",
  BRANCH: "feature/My_Thing",
  MAIN: "main",
  SLASHES: "/^feature/",
  FLAGGED: "/^MAIN$/i",
  SHORT: "/a/",
  BROKEN: "/(/",
  NESTED: "$MAIN",
  LINES: "one\ntwo\nthree",
  QUOTE: 'say "hi"',
  ESCAPED: "/feature\\/My/",
  UNDER_score9: "yes",
};

function decide(text: string): boolean | string {
  const parsed = parseExpression(text);
  if (!parsed.ok) return "invalid";
  return evaluateExpression(parsed.expression, (name) => VALUES[name]);
}

describe("an expression as a whole", () => {
  test.for([
    // Truth of a single value
    ["$P", true],
    ["$EMPTY", false],
    ["$BLANK", false],
    ["$UNDEF", false],
    ["$ZERO", true],
    ["$FALSE", true],
    ["$UNDER_score9", true],
    ['"text"', true],
    ["'text'", true],
    ['""', false],
    ["' '", false],
    ["null", false],
    ["true", true],
    ["false", false],
    ["/ab/", true],
    ["($P)", true],
    ["(($EMPTY))", false],
    // Equality
    ['$MAIN == "main"', true],
    ["$MAIN == 'main'", true],
    ['"main" == $MAIN', true],
    ['$MAIN=="main"', true],
    ['$MAIN == "Main"', false],
    ['$MAIN != "main"', false],
    ['$MAIN != "other"', true],
    ["$MAIN == $MAIN", true],
    ["$MAIN == $BRANCH", false],
    ["$UNDEF == null", true],
    ["null == $UNDEF", true],
    ["$UNDEF != null", false],
    ["$EMPTY == null", false],
    ["$EMPTY != null", true],
    ['$EMPTY == ""', true],
    ['$UNDEF == ""', false],
    ["$UNDEF == $ALSO_UNDEF", true],
    ["$UNDEF == $EMPTY", false],
    ["null == null", true],
    ['$NESTED == "main"', false],
    ['$NESTED == "$MAIN"', true],
    ["$TRUE == true", false],
    ['$TRUE == "true"', true],
    ["true == true", true],
    ["true != false", true],
    ["$MAIN == /main/", false],
    ["/main/ == /main/", true],
    ["$QUOTE == 'say \"hi\"'", true],
    [String.raw`'a\' == "a\"`, true],
    // Matching a pattern
    ["$BRANCH =~ /^feature/", true],
    ["$BRANCH =~ /^Feature/", false],
    ["$BRANCH =~ /^Feature/i", true],
    ["$BRANCH !~ /^feature/", false],
    ["$BRANCH !~ /^release/", true],
    ["$BRANCH =~ /My_/", true],
    [String.raw`$BRANCH =~ /feature\/My/`, true],
    [String.raw`$BRANCH =~ /^feature\/.*$/`, true],
    ["$MAIN =~ /^(main|master)$/", true],
    ["$MAIN =~ /^m...$/", true],
    ["$MAIN =~ /^m..$/", false],
    ["$LINES =~ /^two$/", false],
    ["$LINES =~ /^two$/m", true],
    ["$LINES =~ /one.two/", false],
    ["$LINES =~ /one.two/s", true],
    ["$LINES =~ /ONE.TWO/is", true],
    ["$P =~ /p.*t/U", true],
    ["$UNDEF =~ /.+/", false],
    ["$UNDEF =~ /^$/", true],
    ["$UNDEF =~ /.*/", true],
    ["$UNDEF !~ /.+/", true],
    ["$EMPTY =~ /^$/", true],
    ["true =~ /^true$/", true],
    // What stands on the right of =~ and is no pattern
    ["$BRANCH =~ $SLASHES", true],
    ["$MAIN =~ $SLASHES", false],
    ["$MAIN =~ $FLAGGED", true],
    ['$BRANCH =~ "/^feature/"', true],
    ['"abc" =~ $SHORT', true],
    ["$BRANCH =~ $ESCAPED", true],
    ['"(" =~ $BROKEN', true],
    ['"x" =~ $BROKEN', false],
    ['"23" =~ "1234"', true],
    ['"1234" =~ "23"', false],
    ['"23" !~ "1234"', false],
    ["$MAIN =~ $UNDEF", false],
    ["$MAIN !~ $UNDEF", true],
    ["$MAIN =~ null", false],
    ["$MAIN !~ null", true],
    ["$MAIN =~ $EMPTY", false],
    ["$UNDEF =~ $P", true],
    // && and || give back an operand; the empty string is true inside them
    ["$P && $MAIN", true],
    ["$P && $UNDEF", false],
    ["$UNDEF && $P", false],
    ["$EMPTY && $P", true],
    ["$P && $EMPTY", false],
    ["$EMPTY || $P", false],
    ["$UNDEF || $P", true],
    ["$UNDEF || $EMPTY", false],
    ["$UNDEF || $ALSO_UNDEF", false],
    ["$P || $UNDEF", true],
    ["false || $P", true],
    ["$BLANK && true", true],
    // Precedence and grouping
    ["true || false && false", true],
    ["(true || false) && false", false],
    ["false && true || true", true],
    ["false && (true || true)", false],
    ['$MAIN == "main" && $P', true],
    ['$MAIN == "x" || $BRANCH =~ /^feature/', true],
    ['$MAIN == "main" && $BRANCH =~ /^x./ || $P == "present"', true],
    ['"a" == "a" == true', true],
    ['true == ("a" == "a")', true],
    ['"a" != "b" == true', true],
    ['$MAIN == "main" && ($UNDEF || ($P && $ZERO == "0"))', true],
    // Negation
    ["!$P", false],
    ["!$UNDEF", true],
    ["!$EMPTY", true],
    ["!$BLANK", true],
    ["!!$P", true],
    ["!($P && $UNDEF)", true],
    ['!$UNDEF == "x"', false],
    ["!$P || $MAIN", true],
    ['!($MAIN == "main")', false],
    ["$P && !$UNDEF", true],
    // Space
    ["  $P  ", true],
    ['$MAIN\n== \t"main"', true],
  ] as const)("%s is %s", ([text, expected]) => {
    expect(decide(text)).toBe(expected);
  });
});

describe("an expression that cannot be read", () => {
  test.for([
    ["", "empty"],
    ["   ", "empty"],
    ["/a/", "two characters"],
    ["/./", "two characters"],
    ["$P =~ /a/", "two characters"],
    ["$P =~ //", "two characters"],
    ["${P}", "without braces"],
    ["$", "cannot read"],
    ["P", "cannot read"],
    ["nullish", "cannot read"],
    ["truely", "cannot read"],
    ['"open', "not closed"],
    ['"two\nlines"', "not closed"],
    ["$P $MAIN", "expected an operator"],
    ['$P "x"', "expected an operator"],
    ["$P ($MAIN)", "expected an operator"],
    ["$P !$MAIN", "expected an operator"],
    ["$P ==", "ends where a value"],
    ["== $P", "expected a value"],
    ["$P == == $P", "expected a value"],
    ["$P && || $P", "expected a value"],
    ["!", "ends where a value"],
    ["()", "expected a value"],
    ["($P", "never closed"],
    ["$P)", "closes nothing"],
    ["(($P)", "never closed"],
    ["$P = $MAIN", "cannot read"],
    ["$P & $MAIN", "cannot read"],
    ["$P === $MAIN", "cannot read"],
    ["$P > 1", "cannot read"],
    ["$P =~ /(ab/", "missing closing )"],
    ["$P =~ /(?=ab)/", "RE2"],
    ["$P =~ /(a)\\1/", "RE2"],
    ["$P =~ /ab/x", "cannot read"],
    ["$P =~ /a{1001}/", "invalid repeat"],
  ] as const)("%j is refused: %s", ([text, reason]) => {
    const parsed = parseExpression(text);
    expect(parsed.ok ? "valid" : parsed.message).toContain(reason);
    expect(parsed.ok ? "valid" : parsed.message).toContain("invalid expression syntax");
  });

  test("the message names the column", () => {
    const parsed = parseExpression("$P == ${MAIN}");
    expect(parsed).toMatchObject({ ok: false, message: expect.stringContaining("column 7") });
  });
});

describe("limits of an expression", () => {
  const chained = (tokens: number) =>
    `${"!".repeat(tokens % 2 === 0 ? 1 : 0)}$P${" && $P".repeat(Math.floor((tokens - 1) / 2))}`;

  test("100 tokens are read", () => {
    expect(decide(chained(MAX_TOKENS))).toBe(false);
  });

  test("101 tokens are refused by the number of the limit", () => {
    const parsed = parseExpression(chained(MAX_TOKENS + 1));
    expect(parsed).toEqual({ ok: false, message: expect.stringContaining("more than 100 tokens") });
  });

  test("a text beyond the length limit is refused unread", () => {
    const parsed = parseExpression(`"${"x".repeat(MAX_EXPRESSION_LENGTH)}"`);
    expect(parsed).toEqual({ ok: false, message: expect.stringContaining("longer than 32768") });
  });

  test.for([
    ["nested quantifiers", `/${"(a+)+".repeat(20)}$/`, false],
    ["alternatives that overlap", "/^(a|a|aa)*$/", false],
    ["many optional letters", `/^${"a?".repeat(500)}${"a".repeat(500)}$/`, false],
  ] as const)("a hostile regular expression is harmless: %s", ([, pattern, expected]) => {
    const parsed = parseExpression(`$SUBJECT =~ ${pattern}`);
    const lookup = () => `${"a".repeat(400)}!`;
    expect(parsed.ok && evaluateExpression(parsed.expression, lookup)).toBe(expected);
  });

  test.for([
    ["repeated repetitions", `/${"a{900}".repeat(100)}/`],
    ["a long group repeated", `/(${"ab".repeat(500)}){900}/`],
    ["nested groups", "/((a{30}){30}){1000}/"],
  ])("a regular expression that unfolds too far is refused: %s", ([, pattern]) => {
    const parsed = parseExpression(`$P =~ ${pattern}`);
    expect(parsed).toEqual({ ok: false, message: expect.stringContaining("too large") });
  });

  test.for([["/^[0-9a-f]{40}$/"], [String.raw`/\p{Lu}{3,}[\]}{2}]{2}/`], ["/(x{10}){20}/"]])(
    "an ordinary counted repetition is read: %s",
    ([pattern]) => {
      expect(parseExpression(`$P =~ ${pattern}`).ok).toBe(true);
    },
  );
});
