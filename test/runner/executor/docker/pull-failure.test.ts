import { expect, test } from "vitest";
import { readPullFailure } from "#runner/executor/docker/pull-failure.ts";

// Words of Docker Engine 20.10.24 and 28, and of CNCF Distribution 2.8 and ECR behind them.
test.for([
  [
    'Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io on 10.0.0.2:53: no such host',
    "unreachable",
  ],
  [
    'Get "http://127.0.0.1:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused',
    "unreachable",
  ],
  [
    "Get https://x/v2/: net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)",
    "unreachable",
  ],
  ["received unexpected HTTP status: 503 Service Unavailable", "unreachable"],
  ['Get "https://x/v2/": EOF', "unreachable"],
  ["its registry did not answer within 4 s", "unreachable"],
  [
    "pull access denied for r.test/g/a, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
    "refused",
  ],
  ["manifest for r.test/g/a:1 not found: manifest unknown: manifest unknown", "refused"],
  ["unauthorized: authentication required", "refused"],
  ["Head https://x/v2/a/manifests/1: no basic auth credentials", "refused"],
  ["received unexpected HTTP status: 403 Forbidden", "refused"],
  ["toomanyrequests: You have reached your pull rate limit.", "failed"],
  ["received unexpected HTTP status: 500 Internal Server Error", "failed"],
  ["http: server gave HTTP response to HTTPS client", "failed"],
] as const)("%s: %s", ([message, kind]) => {
  expect(readPullFailure(message, "r.test/g/a:1")).toBe(kind);
});

test("an image's own name decides nothing", () => {
  const ref = "r.test/g/connection-reset:1";
  const message = `denied: no rights to ${ref}, dial tcp is in no name`;
  expect(readPullFailure(`pull access denied for ${ref}`, ref)).toBe("refused");
  expect(readPullFailure(message.replace(", dial tcp is in no name", ""), ref)).toBe("refused");
  expect(readPullFailure(`something odd about r.test/g/not found:1`, "r.test/g/not found:1")).toBe(
    "failed",
  );
});
