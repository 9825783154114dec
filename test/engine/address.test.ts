import { expect, test } from "vitest";
import { engineAddress } from "#engine/address.ts";
import { engineClient } from "#engine/client.ts";

test.for([
  ["unix:///var/run/docker.sock", { socketPath: "/var/run/docker.sock" }],
  ["tcp://127.0.0.1:2375", { host: "127.0.0.1", port: 2375 }],
  ["tcp://docker", { host: "docker", port: 2375 }],
  ["http://docker:8080/", { host: "docker", port: 8080 }],
  ["tcp://[::1]:4000", { host: "::1", port: 4000 }],
] as const)("an engine at %s", ([dockerHost, request]) => {
  expect(engineAddress(dockerHost).request).toEqual(request);
  expect(engineClient(dockerHost).modem).toMatchObject(request);
});

test.for(["", "ssh://root@host", "https://docker:2376", "docker.sock", "tcp://"])(
  "%j is no address of an engine",
  (dockerHost) => {
    expect(() => engineAddress(dockerHost)).toThrow("unix:///PATH or tcp://HOST:PORT");
    expect(() => engineClient(dockerHost)).toThrow("unix:///PATH or tcp://HOST:PORT");
  },
);
