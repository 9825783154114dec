import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test, vi } from "vitest";
import { playCommand } from "#cli/commands/control.ts";
import { createProgram } from "#cli/program.ts";

/** What `slipway play` asks of the service for these arguments. */
async function asked(...given: string[]): Promise<{ path: string; body: unknown }> {
  const requests: { path: string; body: unknown }[] = [];
  const server = createServer(async (request, response) => {
    requests.push({ path: request.url ?? "", body: JSON.parse(await text(request)) });
    response.writeHead(200, { "content-type": "application/json" }).end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  vi.stubEnv("SLIPWAY_TOKEN", "token");
  vi.stubEnv("SLIPWAY_URL", `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const log = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  onTestFinished(() => {
    log.mockRestore();
    vi.unstubAllEnvs();
    server.closeAllConnections();
    server.close();
  });
  await createProgram([playCommand()]).parseAsync(["node", "slipway", "play", "--json", ...given]);
  expect(requests).toHaveLength(1);
  return requests[0] ?? { path: "", body: undefined };
}

test.for([
  [["-v", "TARGET=live", "700004"], { TARGET: "live" }],
  [["700004", "-v", "TARGET=live", "--variable", "NOTE=a=b"], { TARGET: "live", NOTE: "a=b" }],
  [["700004"], {}],
] as const)("%j plays the job with its variables", async ([given, variables]) => {
  expect(await asked(...given)).toEqual({
    path: "/api/slipway/jobs/700004/play",
    body: { variables },
  });
});
