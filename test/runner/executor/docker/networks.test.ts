import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { engineClient } from "#engine/client.ts";
import { closedBridge } from "#engine/metadata.ts";
import { networks } from "#runner/executor/docker/networks.ts";
import { readSettings } from "#runner/settings.ts";

/** The engine's answers to making and inspecting a network (Docker Engine API 1.41), and what it was asked to make. */
let engine: Server;
let made: { Name?: string; Options?: Record<string, string> } = {};
beforeEach(async () => {
  made = {};
  engine = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    response.setHeader("content-type", "application/json");
    if (request.method === "POST") {
      made = JSON.parse(Buffer.concat(chunks).toString());
      response.writeHead(201).end('{"Id": "n", "Warning": ""}');
    } else {
      response.end('{"IPAM": {"Config": [{"Subnet": "10.8.0.0/16", "Gateway": "10.8.0.1"}]}}');
    }
  });
  await new Promise<void>((done) => engine.listen(0, "127.0.0.1", done));
});
afterEach(() => {
  engine.closeAllConnections();
  engine.close();
});

const machine = { SLIPWAY_EXECUTOR: "docker-in-docker", SLIPWAY_PRIVILEGED: "false" };

test.each([
  ["of a job without privileges", machine, true],
  ["of a docker-socket job", { SLIPWAY_EXECUTOR: "docker-socket" }, true],
  ["of a project that may reach it", { ...machine, SLIPWAY_ALLOW_METADATA: "true" }, false],
  [
    "of an engine that is the job's own",
    { SLIPWAY_EXECUTOR: "docker-in-docker", SLIPWAY_PRIVILEGED: "true" },
    false,
  ],
  ["of a CodeBuild build", { ...machine, CODEBUILD_BUILD_ID: "b:1" }, false],
])("the network %s has a bridge that its machine closes: %s", async (_what, env, closed) => {
  const url = `tcp://127.0.0.1:${(engine.address() as AddressInfo).port}`;
  const base = { SLIPWAY_URL: "http://x", SLIPWAY_TICKET: "t", SLIPWAY_ENVIRONMENT_ID: "e" };
  const settings = readSettings({ ...base, SLIPWAY_DIRECTORY: "/w", ...env }, "/runner.mjs");
  for (const make of ["ofSlot", "ofJob"] as const) {
    const network = await networks(engineClient(url), settings)[make](1);
    expect(network).toMatchObject({ gateway: "10.8.0.1" });
    expect(made.Options?.["com.docker.network.bridge.name"]).toBe(
      closed ? closedBridge(network.name) : undefined,
    );
  }
});
