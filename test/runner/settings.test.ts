import { expect, test } from "vitest";
import { readSettings, SettingsError } from "#runner/settings.ts";

const env = {
  SLIPWAY_URL: "http://127.0.0.1:4470/",
  SLIPWAY_TICKET: "ticket",
  SLIPWAY_EXECUTOR: "docker-socket",
  SLIPWAY_ENVIRONMENT_ID: "e1",
  SLIPWAY_DIRECTORY: "/work/e1/",
};

test("the environment's variables become settings, with what is left out filled in", () => {
  expect(readSettings(env, "/p/runner.mjs")).toEqual({
    url: "http://127.0.0.1:4470",
    ticket: "ticket",
    executor: "docker-socket",
    capacity: 1,
    environmentId: "e1",
    directory: "/work/e1",
    dockerHost: "unix:///var/run/docker.sock",
    privileged: false,
    extraHosts: [],
    dockerClient: undefined,
    defaultImage: "docker:stable",
    helperImage: undefined,
    program: "/p/runner.mjs",
    logLimitBytes: 67_108_864,
    processLimit: 4096,
    graceMilliseconds: 10_000,
  });
});

test.for([
  ["SLIPWAY_EXTRA_HOSTS", "a:10.0.0.1,b:10.0.0.2", { extraHosts: ["a:10.0.0.1", "b:10.0.0.2"] }],
  ["SLIPWAY_PRIVILEGED", "true", { privileged: true }],
  ["SLIPWAY_ALLOW_METADATA", "true", { allowMetadata: true }],
  ["SLIPWAY_PRIVILEGED", "false", { privileged: false }],
  ["SLIPWAY_CAPACITY", "4", { capacity: 4 }],
  ["SLIPWAY_HELPER_IMAGE", "slipway/engine:1", { helperImage: "slipway/engine:1" }],
  ["SLIPWAY_LOG_LIMIT", "1000", { logLimitBytes: 1000 }],
] as const)("%s=%s is read", ([name, value, expected]) => {
  expect(readSettings({ ...env, [name]: value }, "/p/runner.mjs")).toMatchObject(expected);
});

test.for([
  ["SLIPWAY_URL", ""],
  ["SLIPWAY_TICKET", undefined],
  ["SLIPWAY_EXECUTOR", "kubernetes"],
  ["SLIPWAY_DIRECTORY", "relative"],
  ["SLIPWAY_CAPACITY", "0"],
  ["SLIPWAY_CAPACITY", "many"],
  ["SLIPWAY_LOG_LIMIT", "-5"],
] as const)("%s=%j is refused by name", ([name, value]) => {
  expect(() => readSettings({ ...env, [name]: value }, "/p/runner.mjs")).toThrow(SettingsError);
  expect(() => readSettings({ ...env, [name]: value }, "/p/runner.mjs")).toThrow(name);
});
