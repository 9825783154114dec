import { describe, expect, test } from "vitest";
import { collidingRefs, imageTagFor } from "#image/ref-tag.ts";

describe("the image tag of a ref", () => {
  test.for([
    ["main", "main"],
    ["feature/My_Thing", "feature-my-thing"],
    ["v1.0.0", "v1-0-0"],
  ])("%j is tagged %j", ([refName = "", tag]) => {
    expect(imageTagFor(refName)).toEqual({ ok: true, tag });
  });

  test.for([["日本語"], ["_"], ["---"]])(
    "%j has none, and the message says what to do",
    ([refName = ""]) => {
      const { ok, message } = { message: "", ...imageTagFor(refName) };
      expect(ok).toBe(false);
      expect(message).toContain(`\`${refName}\``);
      expect(message).toContain("CI_COMMIT_REF_SLUG is empty");
      expect(message).toContain("$CI_COMMIT_SHORT_SHA");
    },
  );
});

describe("refs that share an image tag", () => {
  const live = ["main", "feature/a", "feature-a", "feature_a", "Feature/A", "feature/ab"];

  test.for<[string, string[]]>([
    ["feature/a", ["feature-a", "feature_a", "Feature/A"]],
    ["feature.a", ["feature/a", "feature-a", "feature_a", "Feature/A"]],
    ["main", []],
    ["other", []],
  ])("%j collides with %j", ([refName, expected]) => {
    expect(collidingRefs(refName, live)).toEqual(expected);
  });

  test("each is named once", () => {
    expect(collidingRefs("x_y", ["x-y", "x-y"])).toEqual(["x-y"]);
  });
});
