import { expect, test } from "vitest";
import { parseSettings } from "#project/parse-settings.ts";

function forgesOf(text: string) {
  const parsed = parseSettings(text);
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  return Object.fromEntries(parsed.settings.forges);
}

test.for<[string, string, string]>([
  ["kind: gitlab", "https://gitlab.com", "https://gitlab.com/api/v4"],
  [
    "kind: gitlab, url: 'https://g.example/git/'",
    "https://g.example/git",
    "https://g.example/git/api/v4",
  ],
  ["kind: github", "https://github.com", "https://api.github.com"],
  ["kind: github, url: 'https://ghe.example'", "https://ghe.example", "https://ghe.example/api/v3"],
  ["kind: gitea, url: 'https://git.example'", "https://git.example", "https://git.example/api/v1"],
  ["kind: bitbucket", "https://bitbucket.org", "https://api.bitbucket.org/2.0"],
  [
    "kind: gitlab, api_url: 'http://inside:8080/api/v4'",
    "https://gitlab.com",
    "http://inside:8080/api/v4",
  ],
])("{%s} is at %s, its API at %s", ([given, url, apiUrl]) => {
  expect(
    forgesOf(`forges: {team: {${given}, token: {secret: t}, clone_token: {secret: r}}}`),
  ).toEqual({
    team: expect.objectContaining({
      name: "team",
      url,
      apiUrl,
      access: { tokenSecret: "t", cloneTokenSecret: "r" },
    }),
  });
});

test("a GitHub App, a token for clones and a user are read", () => {
  const text = `
forges:
  hub: {kind: github, app: {id: 12, installation: 34, key: {secret: pem}}}
  lab: {kind: gitlab, token: {secret: api}, clone_token: {secret: read}, clone_user: gitlab+deploy-token-1}
`;
  expect(forgesOf(text)).toMatchObject({
    hub: { access: { appId: "12", installation: 34, keySecret: "pem" } },
    lab: { access: { cloneTokenSecret: "read" }, cloneUser: "gitlab+deploy-token-1" },
  });
});

test.for<[string, number, RegExp]>([
  [
    "forges:\n  team:\n    kind: svn\n    token: {secret: t}\n    clone_token: {secret: r}",
    3,
    /gitlab/,
  ],
  ["forges:\n  team:\n    kind: gitlab", 2, /needs a `token`/],
  ["forges:\n  team:\n    kind: gitlab\n    token: {secret: a}", 2, /`clone_token`.*only read/],
  ["forges:\n  team:\n    kind: gitlab\n    token: glpat-x", 4, /names a secret/],
  [
    "forges:\n  team:\n    kind: gitea\n    token: {secret: t}\n    clone_token: {secret: r}",
    2,
    /needs the `url`/,
  ],
  [
    "forges:\n  team:\n    kind: gitlab\n    url: 'https://me:pw@g.example'\n    token: {secret: t}\n    clone_token: {secret: r}",
    4,
    /without user name/,
  ],
  [
    "forges:\n  team:\n    kind: gitlab\n    url: 'file:///etc'\n    token: {secret: t}\n    clone_token: {secret: r}",
    4,
    /http/,
  ],
  [
    "forges:\n  team:\n    kind: gitlab\n    app: {id: 1, installation: 2, key: {secret: k}}",
    2,
    /only GitHub/,
  ],
  [
    "forges:\n  local:\n    kind: gitlab\n    token: {secret: t}\n    clone_token: {secret: r}",
    2,
    /built-in git host/,
  ],
  [
    "forges:\n  A/B:\n    kind: gitlab\n    token: {secret: t}\n    clone_token: {secret: r}",
    2,
    /lower-case letters/,
  ],
  [
    "forges:\n  team:\n    kind: gitlab\n    tokens: {secret: t}\n    token: {secret: t}\n    clone_token: {secret: r}",
    4,
    /unknown key `tokens`/,
  ],
  ["projects:\n  group/app:\n    forge: team", 3, /no forge `team`.*there is local/],
  ["defaults:\n  forge: team", 2, /no forge `team`/],
])("%j is refused at line %i", ([text, line, message]) => {
  const parsed = parseSettings(text);
  expect(parsed).toMatchObject({
    problems: [expect.objectContaining({ line, message: expect.stringMatching(message) })],
  });
});
