import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { MalformedPayload } from "#forge/forge.ts";
import { gitlabWebhooks } from "#forge/gitlab/webhook.ts";
import { createSigningToken, signWebhook } from "#forge/http/standard-webhooks.ts";
import { describeWebhooks } from "../webhook-contract.ts";

const fixtures = new URL("./fixtures/", import.meta.url);

describeWebhooks("gitlab", {
  reader: gitlabWebhooks,
  fixtures,
  secrets: {
    current: createSigningToken(),
    previous: createSigningToken(),
    foreign: createSigningToken(),
  },
  sign: (body, token, id) => {
    const timestampSeconds = Math.floor(Date.now() / 1000);
    return {
      "webhook-id": id,
      "webhook-timestamp": String(timestampSeconds),
      "webhook-signature": signWebhook(token, { id, timestampSeconds }, body) ?? "",
    };
  },
});

function parse(body: string | Uint8Array) {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  return gitlabWebhooks.parse({ headers: new Headers(), body: bytes });
}

describe("GitLab events", () => {
  test("an action that is none is shown without control characters and in part only", () => {
    const body = readFileSync(new URL("merge-request-approved.json", fixtures), "utf8");
    const payload = JSON.parse(body);
    payload.object_attributes.action = `\n${"x".repeat(5000)}`;
    expect(parse(JSON.stringify(payload))).toEqual([
      {
        kind: "ignored",
        why: `merge request !7: nothing is built on the action "?${"x".repeat(63)}"`,
      },
    ]);
  });

  test("an annotated tag is built at its commit, never at the tag object", () => {
    const body = readFileSync(new URL("tag-push-annotated.json", fixtures), "utf8");
    const payload: { after: string; checkout_sha: string } = JSON.parse(body);
    expect(payload.after).not.toBe(payload.checkout_sha);
    expect(parse(body)[0]).toMatchObject({ kind: "tag", sha: payload.checkout_sha });
  });

  test("a merge request from another project is a fork", () => {
    const body = readFileSync(new URL("merge-request-fork.json", fixtures));
    expect(parse(body)[0]).toMatchObject({ mergeRequest: { fork: true, draft: true } });
  });
});

describe("malformed bodies", () => {
  const push: Record<string, unknown> = JSON.parse(
    readFileSync(new URL("push.json", fixtures), "utf8"),
  );
  test.for<[string, string | Uint8Array, RegExp]>([
    ["no bytes", "", /not JSON/],
    ["cut JSON", '{"object_kind":"push"', /not JSON/],
    ["a list", "[]", /\(body\)/],
    ["null", "null", /\(body\)/],
    ["a string", '"push"', /\(body\)/],
    ["bytes that are not UTF-8", Uint8Array.of(0x22, 0xff, 0x22), /not JSON in UTF-8/],
    ["a push without a ref", JSON.stringify({ ...push, ref: undefined }), /push event.*: ref\./],
    ["a ref outside heads and tags", JSON.stringify({ ...push, ref: "main" }), /: ref\./],
    ["a ref that is an option", JSON.stringify({ ...push, ref: "--upload-pack=x" }), /: ref\./],
    ["a sha that is an option", JSON.stringify({ ...push, checkout_sha: "--x" }), /checkout_sha/],
    ["a short sha", JSON.stringify({ ...push, after: "da15608" }), /: after\./],
    ["a push without a project", JSON.stringify({ ...push, project: null }), /: project\./],
    [
      "a push without any id of its project",
      JSON.stringify({
        ...push,
        project_id: null,
        project: { ...Object(push.project), id: undefined },
      }),
      /project\.id/,
    ],
    [
      "a project whose id is text",
      JSON.stringify({ ...push, project: { ...Object(push.project), id: "15" } }),
      /project\.id/,
    ],
    [
      "a merge request without attributes",
      JSON.stringify({ object_kind: "merge_request", project: push.project }),
      /object_attributes/,
    ],
  ])("%s is refused, naming the fields", ([, body, message]) => {
    expect(() => parse(body)).toThrow(MalformedPayload);
    expect(() => parse(body)).toThrow(message);
  });

  test("the message holds nothing of the body", () => {
    expect(() => parse('{"token": s3cret')).toThrow(/^(?!.*s3cret)/);
    expect(() => parse(JSON.stringify({ ...push, ref: "s3cret" }))).toThrow(/^(?!.*s3cret)/);
  });
});
