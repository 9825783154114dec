import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseImageRef } from "#image/image-ref.ts";
import { compileGlob } from "#language/condition/glob.ts";
import { evaluateExpression } from "#language/expression/evaluate-expression.ts";
import { parseExpression } from "#language/expression/parse-expression.ts";
import { compileRegex } from "#language/expression/regex.ts";
import { expandRunner, expandServer, sortAndExpand } from "#language/scope/expand.ts";

const pieces = (...words: string[]) =>
  fc
    .array(fc.oneof(fc.constantFrom(...words), fc.string({ unit: "binary", maxLength: 3 })), {
      maxLength: 30,
    })
    .map((parts) => parts.join(""));

const expressions = pieces(
  "$A",
  "$UNDEF",
  '"x"',
  "'",
  "/a+b/",
  "/(/",
  "null",
  "true",
  " == ",
  " =~ ",
  "!~",
  "&&",
  " || ",
  "!",
  "(",
  ")",
  " ",
);
const regexes = pieces(
  "(",
  ")",
  "(?:",
  "(?i)",
  "[",
  "]",
  "a",
  "\\",
  "\\pL",
  "\\d",
  "{",
  "}",
  "{2,9}",
  "{900}",
  "*",
  "+?",
  "|",
  "^",
  "$",
  ".",
  "[:alpha:]",
);
const globs = pieces("*", "**/", "?", "[", "]", "!", "-", "{", "}", ",", "/", "\\", "a");
const texts = pieces("$", "$A", "${", "}", "%", "%A%", "$$", "A", "B");
const images = pieces("a", "/", ":", "@", "sha256:", ".", "_", "-", "A", "$X", "localhost");

/** What hostile authors may write never throws: it has a value or a message. */
describe("any text", () => {
  test("as an expression is decided or refused", () => {
    fc.assert(
      fc.property(expressions, (text) => {
        const parsed = parseExpression(text);
        const answer = parsed.ok
          ? evaluateExpression(parsed.expression, (name) => (name === "A" ? "/a/" : undefined))
          : parsed.message;
        expect(typeof answer).toBe(parsed.ok ? "boolean" : "string");
      }),
    );
  });

  test("as a regular expression matches, does not match, or is refused", () => {
    fc.assert(
      fc.property(regexes, fc.string({ maxLength: 50 }), (text, subject) => {
        const compiled = compileRegex(text);
        expect(typeof (compiled.ok ? compiled.regex.matches(subject) : compiled.message)).toBe(
          compiled.ok ? "boolean" : "string",
        );
      }),
    );
  });

  test("as a path pattern matches or does not", () => {
    fc.assert(
      fc.property(globs, pieces("a", "/", "."), (pattern, path) => {
        const glob = compileGlob(pattern);
        expect(typeof (glob.ok && glob.matches(path))).toBe("boolean");
      }),
    );
  });

  test("without wildcards is a pattern that matches itself only", () => {
    fc.assert(
      fc.property(pieces("a", "/", ".", "b"), pieces("a", "/", ".", "b"), (pattern, path) => {
        fc.pre(!/[*?[\]{}\\]/.test(pattern));
        const glob = compileGlob(pattern);
        expect(glob.ok && glob.matches(path)).toBe(pattern === path);
      }),
    );
  });

  test("without `$` and `%` is its own expansion", () => {
    fc.assert(
      fc.property(texts, (text) => {
        const lookup = () => "value";
        const expanded = [expandServer(text, lookup, "keep"), expandRunner(text, lookup)];
        expect(expanded.every(({ ok }) => ok)).toBe(true);
        fc.pre(!/[$%]/.test(text));
        for (const each of expanded) expect(each).toEqual({ ok: true, value: text });
      }),
    );
  });

  test("as values of variables expands or names a circle", () => {
    fc.assert(
      fc.property(texts, texts, (first, second) => {
        const result = sortAndExpand([
          { key: "A", value: first },
          { key: "B", value: second },
        ]);
        if ("error" in result) expect(result.error).toContain("[A, B]");
        else expect(result.variables).toHaveLength(2);
      }),
    );
  });

  test("as an image name is read or refused", () => {
    fc.assert(
      fc.property(images, (text) => {
        const parsed = parseImageRef(text);
        expect(typeof (parsed.ok ? parsed.imageRef.repository : parsed.message)).toBe("string");
      }),
    );
  });
});
