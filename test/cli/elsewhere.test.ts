import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { pipelinesCommand } from "#cli/commands/pipelines.ts";
import { secretCommand } from "#cli/commands/secret.ts";
import { CliError } from "#cli/failure.ts";
import { createProgram } from "#cli/program.ts";
import { startSecretsManagerDouble } from "../aws/secrets-manager-double/server.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "slipway-cli-"));
  for (const name of ["SLIPWAY_URL", "SLIPWAY_TOKEN", "SLIPWAY_DATA", "AWS_REGION"])
    vi.stubEnv(name, undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true, force: true });
});

/** What the command prints; rejects with what it would tell. */
async function run(command: Command, ...given: string[]): Promise<string> {
  const printed: string[] = [];
  const log = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    printed.push(String(text));
    return true;
  });
  const errors = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  try {
    await createProgram([command]).parseAsync(["node", "slipway", command.name(), ...given]);
    return printed.join("").replace(/\n$/, "");
  } finally {
    log.mockRestore();
    errors.mockRestore();
  }
}

async function startService(): Promise<{ url: string; tokens: string[] }> {
  const tokens: string[] = [];
  const server = createServer((request, response) => {
    tokens.push(request.headers.authorization ?? "");
    response.writeHead(200, { "content-type": "application/json" }).end("[]");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, tokens };
}

describe("a service elsewhere", () => {
  test("is asked by its address and token", async () => {
    const { url, tokens } = await startService();
    const file = join(directory, "token");
    writeFileSync(file, "from-a-file\n");
    vi.stubEnv("SLIPWAY_TOKEN", "from-the-environment");
    expect(await run(pipelinesCommand(), "--url", `${url}/`)).toBe("No pipelines yet.");
    expect(await run(pipelinesCommand(), "--url", url, "--token-file", file, "--json")).toBe("[]");
    vi.stubEnv("SLIPWAY_URL", url);
    await run(pipelinesCommand());
    expect(tokens).toEqual([
      "Bearer from-the-environment",
      "Bearer from-a-file",
      "Bearer from-the-environment",
    ]);
  });

  test.for([
    ["without a token", ["--url", "https://slipway.example.com"], /SLIPWAY_TOKEN/],
    [
      "with a file that is not there",
      ["--url", "https://slipway.example.com", "--token-file", "/nowhere/token"],
      /\/nowhere\/token cannot be read/,
    ],
    ["without encryption", ["--url", "http://slipway.example.com"], /https:/],
    ["with a password in its address", ["--url", "https://a:b@slipway.example.com"], /https:/],
  ] as const)("%s is not asked", async ([, given, message]) => {
    await expect(run(pipelinesCommand(), ...given)).rejects.toThrow(message);
  });

  test("that is away is said to be", async () => {
    vi.stubEnv("SLIPWAY_TOKEN", "x");
    const asking = run(pipelinesCommand(), "--url", "http://127.0.0.1:1");
    await expect(asking).rejects.toThrow("The service does not answer at http://127.0.0.1:1.");
  });
});

describe("secrets of the service on AWS", () => {
  async function onAws() {
    const double = await startSecretsManagerDouble();
    onTestFinished(double.close);
    const config = join(directory, "slipway.yaml");
    writeFileSync(config, "aws: {name: team, region: eu-west-1}\n");
    vi.stubEnv("AWS_ENDPOINT_URL", double.endpoint);
    vi.stubEnv("AWS_ACCESS_KEY_ID", "test");
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "test");
    const show = (name: string, ...more: string[]) =>
      run(secretCommand(), "show", name, "--aws", "--config", config, ...more);
    return { double, show };
  }

  test("are read by the names of the installation", async () => {
    const { double, show } = await onAws();
    double.setByHand("team/access-token", "made-by-the-deployment");
    double.setByHand("slipway/access-token", "another-installation");
    expect(await show("access-token")).toBe("made-by-the-deployment");
    expect(await show("access-token", "--json")).toBe(
      '{"name":"access-token","values":["made-by-the-deployment"]}',
    );
  });

  test("of webhooks are those that the service derives", async () => {
    const { double, show } = await onAws();
    double.setByHand("team/webhook-master", "master");
    const shown = await show("webhook/company/group/app");
    expect(shown).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(await show("webhook/company/group/app")).toBe(shown);
    expect(await show("webhook/company/group/other")).not.toBe(shown);
  });

  test.for([
    ["that are unknown", undefined, /There is no secret named access-token/],
    ["that AWS refuses", "AccessDeniedException", /in eu-west-1 did not do it: AccessDenied/],
  ] as const)("%s are told as such", async ([, failWith, message]) => {
    const { double, show } = await onAws();
    double.failWith = failWith;
    const failure: unknown = await show("access-token").catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(CliError);
    expect(String(failure)).toMatch(message);
  });

  test("need a region", async () => {
    const showing = run(secretCommand(), "show", "x", "--aws", "--config", join(directory, "none"));
    await expect(showing).rejects.toThrow(/region is missing/);
  });
});
