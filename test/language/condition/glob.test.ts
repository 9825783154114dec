import { describe, expect, test } from "vitest";
import { compileGlob } from "#language/condition/glob.ts";

function matches(pattern: string, path: string): boolean | string {
  const glob = compileGlob(pattern);
  return glob.ok ? glob.matches(path) : glob.message;
}

// Results of Ruby's File.fnmatch? with FNM_PATHNAME | FNM_DOTMATCH | FNM_EXTGLOB.
describe("a path pattern", () => {
  test.for([
    ["Dockerfile", "Dockerfile", true],
    ["Dockerfile", "app/Dockerfile", false],
    ["Dockerfile", "dockerfile", false],
    ["app/Dockerfile", "app/Dockerfile", true],
    ["*", "README", true],
    ["*", "docs/README", false],
    ["*.md", "README.md", true],
    ["*.md", "docs/README.md", false],
    ["*.md", ".md", true],
    ["*", ".gitignore", true],
    ["docs/*", "docs/.hidden", true],
    ["docs/*", "docs/a/b", false],
    ["docs/*.md", "docs/a.md", true],
    ["**/*", "a", true],
    ["**/*", "a/b/c", true],
    ["**/*", ".a/.b", true],
    ["**/*.md", "README.md", true],
    ["**/*.md", "a/b/c.md", true],
    ["docs/**/*", "docs/a", true],
    ["docs/**/*", "docs/a/b/c", true],
    ["docs/**/*", "docs", false],
    ["docs/**/*.md", "docs/x.md", true],
    ["docs/**/a/**/*.md", "docs/x/a/y/z.md", true],
    ["docs/**/a/**/*.md", "docs/x/y/z.md", false],
    ["**/a/b", "a/a/b", true],
    ["**/a/b", "a/b/a/b", true],
    ["**/a/b", "a/b/c", false],
    ["**/**/x", "x", true],
    ["docs/**", "docs/a", true],
    ["docs/**", "docs/a/b", false],
    ["**", "a", true],
    ["**", "a/b", false],
    ["a**/b", "ax/b", true],
    ["a**/b", "ax/y/b", false],
    ["**.js", "a.js", true],
    ["**.js", "a/b.js", false],
    ["a?c", "abc", true],
    ["a?c", "a/c", false],
    ["a?c", "ac", false],
    ["a?c", "a😀c", true],
    ["[abc].txt", "b.txt", true],
    ["[a-c].txt", "b.txt", true],
    ["[a-c].txt", "d.txt", false],
    ["[^a-c].txt", "d.txt", true],
    ["[!a-c].txt", "b.txt", false],
    ["[]a].txt", "a.txt", false],
    [String.raw`[\]a].txt`, "].txt", true],
    ["[a-].txt", "-.txt", true],
    ["[a.txt", "[a.txt", false],
    [String.raw`\*.txt`, "*.txt", true],
    [String.raw`\*.txt`, "a.txt", false],
    ["*.{js,ts}", "a.ts", true],
    ["*.{js,ts}", "a.css", false],
    ["{src,test}/**/*.{js,ts}", "test/a/b.js", true],
    ["{a,b{c,d}}", "bd", true],
    ["{a,b{c,d}}", "b", false],
    ["{a}", "a", true],
    ["x{,y}", "x", true],
    ["{a", "{a", true],
    ["a}", "a}", true],
    [String.raw`\{a,b\}`, "{a,b}", true],
    ["dir/", "dir/x", false],
    ["./a", "a", false],
    ["", "", true],
    ["", "a", false],
    ["a*b*c", "aXbXc", true],
    ["a*b*c", "aXbX", false],
    ["*a*a*a*", "banana", true],
    ["日*語", "日本語", true],
  ] as const)("%j on %j is %s", ([pattern, path, expected]) => {
    expect(matches(pattern, path)).toBe(expected);
  });

  test.for([
    ["stars", "*a".repeat(200), "a".repeat(2_000)],
    ["deep stars", "**/a/".repeat(200), "a/".repeat(1_000)],
  ])("a hostile pattern ends: %s", ([, pattern = "", path = ""]) => {
    expect(matches(`${pattern}b`, path)).toBe(false);
  });

  test("braces that unfold without end are refused by the number of the limit", () => {
    expect(matches("{a,b}".repeat(40), "x")).toContain("more than 1000 alternatives");
  });
});
