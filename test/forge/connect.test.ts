import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { connectProject } from "#cli/connect-project.ts";
import { parseSettings, type Settings } from "#project/parse-settings.ts";
import { fileSecrets } from "#secrets/file.ts";
import { makeSample, type Sample } from "./client-contract.ts";
import { bitbucketDouble } from "./doubles/bitbucket.ts";
import { giteaDouble } from "./doubles/gitea.ts";
import { appPermissions, githubDouble } from "./doubles/github.ts";
import { gitlabDouble } from "./doubles/gitlab.ts";

let sample: Sample;
let directory: string;
const stops: (() => Promise<void>)[] = [];
beforeEach(() => {
  sample = makeSample();
  directory = mkdtempSync(join(tmpdir(), "slipway-connect-"));
});
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
  sample.remove();
  rmSync(directory, { recursive: true, force: true });
});

type Kind = "gitlab" | "github" | "gitea" | "bitbucket";

const byToken = "token: {secret: token}, clone_token: {secret: token}";

function settingsFor(kind: Kind, url: string, project: string, access = byToken): Settings {
  const parsed = parseSettings(
    `forges: {team: {kind: ${kind}, url: "${url}", ${access}}}\nprojects: {${project}: {forge: team}}`,
  );
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.settings;
}

async function connector(
  kind: Kind,
  project: string,
  double: { url: string; token: string; stop: () => Promise<void> },
) {
  stops.push(double.stop);
  const secrets = fileSecrets(directory);
  await secrets.rotate("token", double.token);
  const wish = { kind, url: `${double.url}/`, project, serviceUrl: "https://slipway.example.com" };
  const settings = settingsFor(kind, double.url, project);
  return {
    secrets,
    connect: (more: { keepsSecret?: boolean } = {}) =>
      connectProject({ ...wish, ...more }, settings, secrets),
    valid: () => secrets.get(`webhook/team/${project}`),
  };
}

describe("slipway connect", () => {
  test("gives GitLab both secrets and stays with signatures where the server signs", async () => {
    const double = await gitlabDouble({ repository: sample.repository });
    const { connect, valid } = await connector("gitlab", "group/sub/app", double);
    const webhook = "https://slipway.example.com/webhooks/team/group/sub/app";
    expect(await connect()).toEqual({
      result: "created",
      uses: "signingToken",
      forge: "team",
      webhook,
      missing: [],
    });
    expect((await valid())[0]).toBe(double.hooks[0]?.signing_token);
    expect(await valid()).toContain(double.hooks[0]?.token);
    expect(await connect()).toMatchObject({ result: "updated" });
    expect(double.hooks).toEqual([
      expect.objectContaining({
        url: webhook,
        push_events: true,
        tag_push_events: true,
        merge_requests_events: true,
        pipeline_events: false,
        job_events: false,
        signing_token: (await valid())[0],
      }),
    ]);
  });

  test("keeps to the plain token where the GitLab server is too old to sign", async () => {
    const double = await gitlabDouble({ repository: sample.repository, signs: false });
    const { connect, valid } = await connector("gitlab", "group/sub/app", double);
    expect(await connect()).toMatchObject({ result: "created", uses: "secret" });
    expect((await valid())[0]).toBe(double.hooks[0]?.token);
  });

  test("registers the secret that there is where it is to be kept", async () => {
    const double = await gitlabDouble({ repository: sample.repository });
    const { connect, valid, secrets } = await connector("gitlab", "group/sub/app", double);
    const derived = `whsec_${Buffer.alloc(32, "derived").toString("base64")}`;
    await secrets.rotate("webhook/team/group/sub/app", derived);
    expect(await connect({ keepsSecret: true })).toMatchObject({ uses: "signingToken" });
    expect(double.hooks[0]?.signing_token).toBe(derived);
    expect(await valid()).toEqual([derived]);
  });

  test("gives a GitLab that signs nothing a secret of its own instead of a signing token", async () => {
    const double = await gitlabDouble({ repository: sample.repository, signs: false });
    const { connect, valid, secrets } = await connector("gitlab", "group/sub/app", double);
    await secrets.rotate("webhook/team/group/sub/app", `whsec_${"A".repeat(43)}=`);
    expect(await connect({ keepsSecret: true })).toMatchObject({ uses: "secret" });
    expect(double.hooks[0]?.token).not.toMatch(/^whsec_/);
    expect((await valid())[0]).toBe(double.hooks[0]?.token);
  });

  test("says what a GitLab token may not do", async () => {
    const options = { accessLevel: 30, scopes: ["read_api"] };
    const double = await gitlabDouble({ repository: sample.repository, ...options });
    const { connect } = await connector("gitlab", "group/sub/app", double);
    await expect(connect()).rejects.toMatchObject({
      name: "CannotConnect",
      message: expect.stringMatching(/Maintainer[\s\S]*"api"/),
    });
    expect(double.hooks).toEqual([]);
  });

  test("registers one webhook on GitHub, with JSON, the secret and the events that start pipelines", async () => {
    const double = await githubDouble({ repository: sample.repository });
    const { connect, valid } = await connector("github", "octo/app", double);
    expect(await connect()).toMatchObject({ result: "created", uses: "secret", missing: [] });
    expect(await connect()).toMatchObject({ result: "updated" });
    expect(double.hooks).toEqual([
      expect.objectContaining({
        active: true,
        events: ["push", "pull_request"],
        config: {
          url: "https://slipway.example.com/webhooks/team/octo/app",
          content_type: "json",
          insecure_ssl: "0",
          secret: (await valid())[0],
        },
      }),
    ]);
  });

  test("says what a GitHub token may not do", async () => {
    const options = { admin: false, scopes: "public_repo" };
    const double = await githubDouble({ repository: sample.repository, ...options });
    const { connect } = await connector("github", "octo/app", double);
    await expect(connect()).rejects.toThrow(/admin[\s\S]*scope "repo"/);
  });

  test.for<[string, Record<string, string>, readonly string[]]>([
    ["everything", {}, []],
    [
      "everything but checks",
      { checks: "read" },
      ['"checks: write" to show pipelines as checks; until then commit statuses show them'],
    ],
    ["less", { statuses: "read" }, ['"statuses: write" to set commit statuses']],
    [
      "next to nothing",
      { contents: "", statuses: "", pull_requests: "" },
      [
        '"contents: read" to read and clone the code',
        '"statuses: write" to set commit statuses',
        '"pull_requests: read" to know a branch\'s open pull requests',
      ],
    ],
  ])("as a GitHub App that was granted %s names what is missing", async ([, less, words]) => {
    const granted = { ...appPermissions, ...less };
    const double = await githubDouble({ repository: sample.repository, granted });
    stops.push(double.stop);
    const secrets = fileSecrets(directory);
    await secrets.rotate("app-key", double.app.privateKey);
    const access = `app: {id: ${double.app.id}, installation: 9, key: {secret: app-key}}`;
    const settings = settingsFor("github", double.url, "octo/app", access);
    const serviceUrl = "https://slipway.example.com";
    const wish = { kind: "github", url: double.url, project: "octo/app", serviceUrl } as const;
    const missing = words.map((word) => `The App needs the repository permission ${word}.`);
    const connecting = connectProject(wish, settings, secrets);
    if (granted.contents === "read" && granted.statuses === "write") {
      expect(await connecting).toMatchObject({ result: "created", missing });
    } else {
      await expect(connecting).rejects.toThrow(missing[0]);
    }
  });

  test("names the permission for webhooks that a GitHub App lacks", async () => {
    const granted = { ...appPermissions, repository_hooks: "read" };
    const double = await githubDouble({ repository: sample.repository, granted });
    stops.push(double.stop);
    const secrets = fileSecrets(directory);
    await secrets.rotate("app-key", double.app.privateKey);
    const access = `app: {id: ${double.app.id}, installation: 9, key: {secret: app-key}}`;
    const settings = settingsFor("github", double.url, "octo/app", access);
    const serviceUrl = "https://slipway.example.com";
    const wish = { kind: "github", url: double.url, project: "octo/app", serviceUrl } as const;
    await expect(connectProject(wish, settings, secrets)).rejects.toMatchObject({
      name: "CannotConnect",
      message:
        'The App needs the repository permission "repository_hooks: write" to register the webhook.',
    });
  });

  test("registers one webhook on Gitea", async () => {
    const double = await giteaDouble({ repository: sample.repository });
    const { connect, valid } = await connector("gitea", "team/app", double);
    expect(await connect()).toMatchObject({ result: "created" });
    expect(await connect()).toMatchObject({ result: "updated" });
    expect(double.hooks).toHaveLength(1);
    expect(double.hooks[0]).toMatchObject({
      type: "gitea",
      events: ["push", "create", "delete", "pull_request"],
      config: { content_type: "json", secret: (await valid())[0] },
    });
  });

  test("registers one webhook on Bitbucket", async () => {
    const double = await bitbucketDouble({ repository: sample.repository });
    const { connect, valid } = await connector("bitbucket", "space/app", double);
    expect(await connect()).toMatchObject({ result: "created", missing: [] });
    expect(await connect()).toMatchObject({ result: "updated" });
    expect(double.hooks).toHaveLength(1);
    expect(double.hooks[0]).toMatchObject({
      active: true,
      events: expect.arrayContaining(["repo:push", "pullrequest:created", "pullrequest:updated"]),
      secret: (await valid())[0],
    });
  });

  test("shows the lines that slipway.yaml lacks", async () => {
    const double = await giteaDouble({ repository: sample.repository });
    stops.push(double.stop);
    const wish = {
      kind: "gitea",
      url: double.url,
      serviceUrl: "https://slipway.example.com",
    } as const;
    const settings = settingsFor("gitea", double.url, "team/app");
    const secrets = fileSecrets(directory);
    await expect(
      connectProject({ ...wish, project: "team/other" }, settings, secrets),
    ).rejects.toThrow(/team\/other:\n {4}forge: team/);
    await expect(
      connectProject(
        { ...wish, url: "https://other.example", project: "team/app" },
        settings,
        secrets,
      ),
    ).rejects.toThrow(/kind: gitea\n {4}url: https:\/\/other\.example/);
  });

  test("says how to set a token that is not set", async () => {
    const double = await giteaDouble({ repository: sample.repository });
    stops.push(double.stop);
    const wish = { kind: "gitea", url: double.url, serviceUrl: "https://s.example" } as const;
    const settings = settingsFor("gitea", double.url, "team/app");
    await expect(
      connectProject({ ...wish, project: "team/app" }, settings, fileSecrets(directory)),
    ).rejects.toThrow(/slipway secret token/);
  });
});
