import { expect, test } from "vitest";
import type { Forge } from "#forge/forge.ts";
import { localWebhooks } from "#forge/local/webhook.ts";
import { liveForges } from "#local/wire/wire-forges.ts";
import { parseSettings, type Settings } from "#project/parse-settings.ts";
import { fileSecrets } from "#secrets/file.ts";

const local: Forge = {
  name: "local",
  webhooks: localWebhooks,
  client: () => {
    throw new Error("Nothing is asked here.");
  },
};
const tokens = "token: {secret: a}, clone_token: {secret: b}";

function settingsOf(text: string): Settings {
  const parsed = parseSettings(text);
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.settings;
}

test("connections come, change and go with the settings, and others keep what they know", () => {
  const { forges, follow } = liveForges(local, fileSecrets("/nonexistent"));
  expect([...forges.keys()]).toEqual(["local"]);
  follow(settingsOf(`forges: {a: {kind: gitlab, ${tokens}}, b: {kind: bitbucket, ${tokens}}}`));
  const [a, b] = [forges.get("a"), forges.get("b")];
  expect([a?.name, b?.name]).toEqual(["gitlab", "bitbucket"]);
  follow(settingsOf(`forges: {a: {kind: github, ${tokens}}, b: {kind: bitbucket, ${tokens}}}`));
  expect(forges.get("a")?.name).toBe("github");
  expect(forges.get("b")).toBe(b);
  follow(settingsOf(""));
  expect([...forges.keys()]).toEqual(["local"]);
});
