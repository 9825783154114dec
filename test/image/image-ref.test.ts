import { describe, expect, test } from "vitest";
import { formatImageRef, parseImageRef } from "#image/image-ref.ts";
import { parseImageRepository, repositoryFor } from "#image/image-repository.ts";
import { parseImageTag } from "#image/image-tag.ts";

const DIGEST = `sha256:${"0123456789abcdef".repeat(4)}`;

describe("an image reference", () => {
  test.for([
    ["busybox", "docker.io/library/busybox:latest"],
    ["busybox:1.36", "docker.io/library/busybox:1.36"],
    ["library/busybox", "docker.io/library/busybox:latest"],
    ["docker.io/busybox", "docker.io/library/busybox:latest"],
    ["index.docker.io/busybox", "docker.io/library/busybox:latest"],
    ["docker:24-dind", "docker.io/library/docker:24-dind"],
    ["gitlab/gitlab-runner:alpine", "docker.io/gitlab/gitlab-runner:alpine"],
    ["gcr.io/kaniko-project/executor:debug", "gcr.io/kaniko-project/executor:debug"],
    ["localhost/app", "localhost/app:latest"],
    ["localhost:5000/app", "localhost:5000/app:latest"],
    ["registry.example.com:5000/group/sub/app:v1", "registry.example.com:5000/group/sub/app:v1"],
    ["127.0.0.1:5000/app:x", "127.0.0.1:5000/app:x"],
    ["[::1]:5000/app", "[::1]:5000/app:latest"],
    ["Host/app", "Host/app:latest"],
    [`busybox@${DIGEST}`, `docker.io/library/busybox@${DIGEST}`],
    [`busybox:1@${DIGEST}`, `docker.io/library/busybox:1@${DIGEST}`],
    ["a.b/c__d/e--f/g.h_i:T_a.g-1", "a.b/c__d/e--f/g.h_i:T_a.g-1"],
    ["myregistry/app", "docker.io/myregistry/app:latest"],
  ])("%j is %j", ([text = "", complete]) => {
    const parsed = parseImageRef(text);
    expect(parsed.ok ? formatImageRef(parsed.imageRef) : parsed.message).toBe(complete);
  });

  test("is taken apart into its parts", () => {
    expect(parseImageRef("registry.example.com:5000/g/p:v1")).toEqual({
      ok: true,
      imageRef: { registry: "registry.example.com:5000", repository: "g/p", tag: "v1" },
    });
  });

  test("in its complete form reads back as itself", () => {
    const complete = `docker.io/library/busybox:1@${DIGEST}`;
    const parsed = parseImageRef(complete);
    expect(parsed.ok && formatImageRef(parsed.imageRef)).toBe(complete);
  });

  test.for([
    ["", "it is empty"],
    ["  ", "it is empty"],
    ["$CI_REGISTRY_IMAGE:latest", "the variable $CI_REGISTRY_IMAGE has no value"],
    ["${IMAGE}", "the variable ${IMAGE} has no value"],
    ["registry.example.com/app:", "the tag is empty"],
    ["busybox:-x", "no valid image tag"],
    [`busybox:${"t".repeat(129)}`, "no valid image tag"],
    ["busybox:a b", "no valid image tag"],
    ["Busybox", "`library/busybox`"],
    ["registry.example.com/Group/app", "upper-case letters"],
    ["registry.example.com/a//b", "between two slashes is empty"],
    ["registry.example.com/", "between two slashes is empty"],
    ["/app", "between two slashes is empty"],
    ["app_", "no valid part"],
    ["a..b/c/d", "`a..b` is no registry host"],
    ["x/a..b", "no valid part"],
    ["x/-a", "no valid part"],
    ["busybox@sha256:123", "no digest"],
    ["busybox@latest", "no digest"],
    [`busybox@${DIGEST}@${DIGEST}`, "more than one `@`"],
    ["https://registry.example.com/app", "leave out the `https://`"],
    ["bad_host.x/app", "no registry host"],
    ["a".repeat(256), "longer than 255"],
    [`r.io/${"a".repeat(252)}`, "longer than 255"],
    ["a".repeat(2_000), "longer than 1024"],
  ])("%j is refused: %s", ([text = "", reason]) => {
    const parsed = parseImageRef(text);
    expect(parsed.ok ? formatImageRef(parsed.imageRef) : parsed.message).toContain(reason);
    expect(parsed.ok).toBe(false);
  });
});

describe("the image repository of a project", () => {
  test.for([
    ["group/project", "group/project"],
    ["Group/Sub/My_Project", "group/sub/my_project"],
    ["g/a.b-c__d", "g/a.b-c__d"],
  ])("%j has %j", ([path = "", repository]) => {
    expect(repositoryFor(path)).toEqual({ ok: true, repository });
  });

  test.for([
    ["group/_project", "`_project`"],
    ["group/project-", "`project-`"],
    ["group/a..b", "`a..b`"],
    ["group/日本", "`日本`"],
    ["group//x", "empty"],
    ["", "empty"],
    ["g/".repeat(140), "longer than 255"],
  ])("%j has none: %s", ([path = "", reason]) => {
    const result = repositoryFor(path);
    expect(result.ok ? "" : result.message).toContain(reason);
    expect(result.ok ? "" : result.message).toContain("rename the project or its group");
  });

  test("a repository is not lower-cased in silence where it is read", () => {
    expect(parseImageRepository("Group/x")).toMatchObject({
      ok: false,
      message: expect.stringContaining("`group/x`"),
    });
  });
});

describe("an image tag", () => {
  test.for([
    ["latest", true],
    ["V1.0_x-y", true],
    ["_x", true],
    ["t".repeat(128), true],
    ["t".repeat(129), false],
    ["", false],
    [".x", false],
    ["-x", false],
    ["a/b", false],
    ["a:b", false],
    ["a\n", false],
    ["ä", false],
  ] as const)("%j: %s", ([text, ok]) => {
    expect(parseImageTag(text).ok).toBe(ok);
  });
});
