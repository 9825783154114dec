import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { eventJson } from "#cli/event-json.ts";
import { guessEvent } from "#cli/payload-event.ts";
import { giteaWebhooks } from "#forge/gitea/webhook.ts";
import { fixturesIn } from "../forge/webhook-contract.ts";

const forges = [
  ["github", "x-github-event"],
  ["gitea", "x-gitea-event"],
  ["bitbucket", "x-event-key"],
] as const;

describe.for(forges)("the event of a stored payload of %s", ([forge, header]) => {
  const fixtures = fixturesIn(new URL(`../forge/${forge}/fixtures/`, import.meta.url));

  test.for(fixtures)("$name is told from its fields", ({ name, headers, body }) => {
    const guessed = guessEvent(forge, JSON.parse(body.toString()));
    // An updated pull request and one whose dates are equal cannot be told apart, nor need they be.
    const expected = /comment|issue-created/.test(name) ? "" : headers[header];
    expect(guessed).toBe(expected);
  });
});

test("a merge request is printed flat, with what decides about its pipeline", () => {
  const body = readFileSync(
    new URL("../forge/gitea/fixtures/pull-request-fork.json", import.meta.url),
  );
  const headers = new Headers({ "x-gitea-event": "pull_request" });
  const [event] = giteaWebhooks.parse({ headers, body });
  expect(event && eventJson(event)).toMatchObject({
    kind: "merge_request",
    project: "gitea/webhooks",
    ref: "refs/pull/2/head",
    user: "ada",
    default_branch: "master",
    action: "open",
    source_project: "mallory/webhooks",
    fork: true,
  });
});
