import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { connectForge } from "#forge/connections.ts";
import type { SentDeliveries } from "#forge/forge.ts";
import { toConnection } from "#project/connection.ts";
import { makeSample, type Sample } from "./client-contract.ts";
import { githubDouble, githubProject } from "./doubles/github.ts";
import { gitlabDouble, gitlabProject } from "./doubles/gitlab.ts";

let sample: Sample;
const stops: (() => Promise<void>)[] = [];
beforeAll(() => {
  sample = makeSample();
});
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});
afterAll(() => sample.remove());

function sentOf(
  kind: "gitlab" | "github",
  project: string,
  double: { url: string; token: string; stop: () => Promise<void> },
): SentDeliveries {
  stops.push(double.stop);
  const given = { kind, url: double.url, token: { secret: "t" }, clone_token: { secret: "t" } };
  const sent = connectForge(toConnection("team", given), async () => double.token).sent?.(project);
  if (sent === undefined) throw new Error(`${kind} keeps its deliveries.`);
  return sent;
}

const zeros = "0".repeat(40);
const all = async () => true;

describe("what GitLab sent", () => {
  const path = `/webhooks/team/${gitlabProject.path}`;
  const url = `https://slipway.example.com${path}`;
  const push = {
    object_kind: "push",
    ref: "refs/heads/main",
    before: zeros,
    after: "a".repeat(40),
    checkout_sha: "a".repeat(40),
    user_name: "Ada",
    user_username: "ada",
    project: {
      id: 42,
      path_with_namespace: gitlabProject.path,
      web_url: "http://gitlab.example/x",
      default_branch: "main",
      visibility_level: 0,
    },
  };
  const attempt = (id: number, key: string | undefined, status: string) => ({
    id,
    request_headers: key === undefined ? {} : { "Idempotency-Key": key },
    request_data: push,
    response_status: status,
  });

  async function gitlab(options: Partial<Parameters<typeof gitlabDouble>[0]> = {}) {
    const double = await gitlabDouble({ repository: sample.repository, ...options });
    return { double, sent: sentOf("gitlab", gitlabProject.path, double) };
  }

  test("is searched for deliveries of which no attempt arrived", async () => {
    const { double, sent } = await gitlab();
    double.hooks.push({ id: 3, url: "https://other.example.com/" }, { id: 4, url });
    double.hookEvents.push(
      attempt(9, "again", "200"),
      attempt(8, "lost", "500"),
      attempt(7, "again", "503"),
      attempt(6, "lost", "internal error"),
      attempt(5, "known", "404"),
      attempt(4, undefined, "500"),
      ...Array.from({ length: 30 }, (_, index) => attempt(100 + index, `fine-${index}`, "201")),
    );
    const hook = await sent.inspect(path, async (id) => id !== "known");
    expect(hook).toMatchObject({ id: 4, state: "active" });
    expect(hook?.failed).toMatchObject([
      { id: "lost", handle: "8", events: [{ kind: "push", ref: "refs/heads/main" }] },
    ]);
    await sent.resend(4, "8");
    expect(double.resent).toEqual([8]);
  });

  test("is unknown where there is no such webhook, or where the token may not see it", async () => {
    const { sent } = await gitlab();
    expect(await sent.inspect(path, all)).toBeUndefined();
    const other = await gitlab({ accessLevel: 30 });
    await expect(other.sent.inspect(path, all)).rejects.toMatchObject({ retryable: false });
  });

  test.for([
    ["temporarily_disabled", "paused", "2026-11-21T12:00:00Z"],
    ["disabled", "disabled", "Test > Push events"],
  ] as const)("with a webhook that is %s says what to do", async ([alert, state, hint]) => {
    const { double, sent } = await gitlab();
    double.hooks.push({
      ...{ id: 4, url, alert_status: alert },
      ...(state === "paused" && { disabled_until: "2026-11-21T12:00:00Z" }),
    });
    expect(await sent.inspect(path, all)).toMatchObject({
      state,
      hint: expect.stringContaining(hint),
    });
    double.trial.status = 503;
    expect(await sent.wake?.(4)).toBe("asleep");
    double.trial.status = 202;
    expect(await sent.wake?.(4)).toBe("awake");
    expect(await sent.inspect(path, all)).toMatchObject({ state: "active" });
  });
});

describe("what GitHub sent", () => {
  const path = `/webhooks/team/${githubProject}`;
  const url = `https://slipway.example.com${path}`;
  const payload = {
    ref: "refs/heads/main",
    before: zeros,
    after: "a".repeat(40),
    created: true,
    deleted: false,
    head_commit: { id: "a".repeat(40) },
    repository: {
      id: 7,
      full_name: githubProject,
      html_url: "http://github.example/x",
      default_branch: "main",
      private: true,
    },
    pusher: { name: "ada" },
    sender: { id: 5, login: "ada" },
  };
  const attempt = (id: number, guid: string, status: number, event = "push") => ({
    ...{ id, guid, event, payload },
    status_code: status,
  });

  test("is searched for deliveries of which no attempt arrived", async () => {
    const double = await githubDouble({ repository: sample.repository });
    const sent = sentOf("github", githubProject, double);
    double.hooks.push({ id: 4, config: { url }, events: ["push"], active: true });
    double.deliveries.push(
      attempt(9, "again", 202),
      attempt(8, "lost", 0),
      attempt(7, "again", 502),
      attempt(6, "lost", 500),
      attempt(5, "known", 500),
      attempt(4, "ping", 500, "ping"),
    );
    const hook = await sent.inspect(path, async (id) => id !== "known");
    expect(hook).toMatchObject({ id: 4, state: "active" });
    expect(hook?.failed).toMatchObject([
      { id: "lost", handle: "8", events: [{ kind: "push", ref: "refs/heads/main" }] },
    ]);
    await sent.resend(4, "8");
    expect(double.redelivered).toEqual([8]);
  });

  test("tells of a webhook that is not active", async () => {
    const double = await githubDouble({ repository: sample.repository });
    const sent = sentOf("github", githubProject, double);
    double.hooks.push({ id: 4, config: { url }, events: ["push"], active: false });
    expect(await sent.inspect(path, all)).toMatchObject({ state: "disabled" });
  });
});
