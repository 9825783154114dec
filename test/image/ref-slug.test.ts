import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { refSlug } from "#image/ref-slug.ts";

const a = (count: number) => "a".repeat(count);

describe("CI_COMMIT_REF_SLUG", () => {
  test.for([
    ["TEST", "test"],
    ["project_with_underscores", "project-with-underscores"],
    ["namespace/project", "namespace-project"],
    ["feature/a", "feature-a"],
    ["feature-a", "feature-a"],
    ["feature_a", "feature-a"],
    ["feature/My_Thing", "feature-my-thing"],
    ["feature--x", "feature--x"],
    ["feature//x", "feature--x"],
    ["17.9", "17-9"],
    ["v1.0.0", "v1-0-0"],
    ["test_trailing_", "test-trailing"],
    ["--both--", "both"],
    [a(70), a(63)],
    [a(63), a(63)],
    [a(64), a(63)],
    [`-${a(70)}`, a(62)],
    [`${a(62)}/b`, a(62)],
    [`${a(60)}///b`, a(60)],
    ["x😀y", "x-y"],
    ["x👨‍👩‍👧y", "x-----y"],
    ["K", "k"],
    ["İ", "i"],
    ["Ä", ""],
    ["naïve", "na-ve"],
    ["日本語", ""],
    ["_", ""],
    ["---", ""],
    ["", ""],
  ])("%j gives %j", ([refName = "", slug]) => {
    expect(refSlug(refName)).toBe(slug);
  });

  test("is always short, clean, and its own slug", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 100 }), (refName) => {
        const slug = refSlug(refName);
        expect(slug).toMatch(/^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)?$/);
        expect(refSlug(slug)).toBe(slug);
      }),
    );
  });
});
