import { describe, expect, test } from "vitest";
import { decideAccess, parseScope, type RegistryGrant } from "#registry/token-access.ts";

test.for([
  [
    "repository:demo/app:pull,push",
    { type: "repository", name: "demo/app", actions: ["pull", "push"] },
  ],
  [
    "repository:localhost:5000/app:pull",
    { type: "repository", name: "localhost:5000/app", actions: ["pull"] },
  ],
  ["registry:catalog:*", { type: "registry", name: "catalog", actions: ["*"] }],
  ["repository:demo/app:pull,,pull", { type: "repository", name: "demo/app", actions: ["pull"] }],
  ["repository:demo/app:", { type: "repository", name: "demo/app", actions: [] }],
  ["repository::pull", undefined],
  ["repository:pull", undefined],
  [":demo:pull", undefined],
  ["demo", undefined],
  ["", undefined],
] as const)("the scope %j is read", ([text, scope]) => {
  expect(parseScope(text)).toEqual(scope);
});

const job: RegistryGrant = { kind: "job", jobId: 1, project: "Demo/App", canPush: true };
const readOnlyJob: RegistryGrant = { ...job, canPush: false };
const deploy: RegistryGrant = { kind: "deploy", name: "server", project: "demo/app" };
const person: RegistryGrant = { kind: "access", name: "me" };
const member: RegistryGrant = { kind: "access", name: "me", project: "demo/app" };

describe("what is granted", () => {
  test.for<[string, RegistryGrant | undefined, string, string]>([
    ["a job: its own repository", job, "repository:demo/app:pull,push", "pull,push"],
    ["a job: a repository below", job, "repository:demo/app/cache:pull,push", "pull,push"],
    ["a job: never delete", job, "repository:demo/app:delete,pull,*", "pull"],
    ["a job: no other project", job, "repository:demo/other:pull,push", ""],
    ["a job: no project whose name begins alike", job, "repository:demo/app2:pull,push", ""],
    ["a job: not the group", job, "repository:demo:pull,push", ""],
    ["a job: no way around by dots", job, "repository:demo/app/../other:pull", ""],
    ["a job: not the catalog", job, "registry:catalog:*", ""],
    ["a job: base images, to be pulled only", job, "repository:library/busybox:pull,push", "pull"],
    ["a job that may not push", readOnlyJob, "repository:demo/app:pull,push", "pull"],
    ["a deploy token: pull only", deploy, "repository:demo/app:pull,push,delete", "pull"],
    ["a deploy token: no other project", deploy, "repository:demo/b:pull", ""],
    [
      "an access token: everything",
      person,
      "repository:any/thing:pull,push,delete",
      "pull,push,delete",
    ],
    ["an access token: the catalog", person, "registry:catalog:*", "*"],
    [
      "an access token of a project: that project",
      member,
      "repository:demo/app/x:push,delete",
      "push,delete",
    ],
    ["an access token of a project: no other", member, "repository:demo/b:pull", ""],
    ["an access token of a project: not the catalog", member, "registry:catalog:*", ""],
    ["nobody: base images", undefined, "repository:library/alpine:pull", "pull"],
    ["nobody: never push", undefined, "repository:library/alpine:push", ""],
    ["nobody: nothing else", undefined, "repository:demo/app:pull", ""],
    [
      "nobody: nothing that only begins like base images",
      undefined,
      "repository:library2/a:pull",
      "",
    ],
    ["a ticket", { kind: "ticket" }, "repository:demo/app:pull", ""],
    ["an environment", { kind: "environment" }, "repository:demo/app:pull", ""],
    ["an unknown type", person, "plugin:demo/app:pull", ""],
  ])("%s", ([, grant, scope, actions]) => {
    const parsed = parseScope(scope);
    const granted = decideAccess(grant, parsed === undefined ? [] : [parsed]);
    expect(granted.map((access) => access.actions.join(","))).toEqual(
      actions === "" ? [] : [actions],
    );
  });

  test("several scopes are decided each on its own", () => {
    const scopes = [
      "repository:demo/app:pull,push",
      "repository:demo/secret:pull",
      "repository:library/busybox:pull",
    ];
    expect(
      decideAccess(
        job,
        scopes.flatMap((scope) => parseScope(scope) ?? []),
      ),
    ).toEqual([
      { type: "repository", name: "demo/app", actions: ["pull", "push"] },
      { type: "repository", name: "library/busybox", actions: ["pull"] },
    ]);
  });
});
