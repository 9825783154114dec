import { describe, expect, test } from "vitest";
import { serviceHostNames } from "#image/service-host-names.ts";

describe("host names of a service", () => {
  test.for<[string, string | undefined, string[]]>([
    ["docker:24-dind", undefined, ["docker"]],
    ["docker", undefined, ["docker"]],
    ["postgres:16", "db", ["postgres", "db"]],
    ["postgres:16", "db,database primary", ["postgres", "db", "database", "primary"]],
    ["postgres:16", " db , db ", ["postgres", "db"]],
    ["docker:dind", "docker", ["docker"]],
    ["tutum/wordpress:latest", undefined, ["tutum__wordpress", "tutum-wordpress"]],
    [
      "registry.example.com:5000/library/docker:24-dind",
      "docker",
      ["registry.example.com__library__docker", "registry.example.com-library-docker", "docker"],
    ],
    [
      "registry.example.com:5000/app",
      undefined,
      ["registry.example.com__app", "registry.example.com-app"],
    ],
    ["localhost:5000/app:1", undefined, ["localhost__app", "localhost-app"]],
    [`redis@sha256:${"0".repeat(64)}`, undefined, ["redis"]],
    [`redis:7@sha256:${"0".repeat(64)}`, "cache", ["redis", "cache"]],
    ["a/b/c", "", ["a__b__c", "a-b-c"]],
  ])("%j with alias %j: %j", ([image, alias, expected]) => {
    expect(serviceHostNames(image, alias)).toEqual(expected);
  });
});
