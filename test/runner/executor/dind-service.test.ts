import { describe, expect, test } from "vitest";
import { isDindImage, planServices } from "#runner/executor/dind-service.ts";
import { resolveVariables } from "#runner/executor/variables.ts";
import { variable } from "../support/jobs.ts";

function resolved(values: Record<string, string> = {}) {
  const list = Object.entries(values).map(([key, value]) => variable(key, value));
  return resolveVariables(list, {}, { files: "/f" });
}

test.for([
  ["docker:dind", true],
  ["docker:24.0.5-dind", true],
  ["docker:dind-rootless", true],
  ["registry.example:5000/library/docker:19.03-dind", true],
  ["docker:stable", false],
  ["docker", false],
  ["mydocker:dind", false],
  ["docker/compose:dind", false],
  ["postgres:16", false],
] as const)("%s served by the environment's engine: %s", ([image, expected]) => {
  expect(isDindImage(image)).toBe(expected);
});

describe("planServices", () => {
  test("takes the engine out of the services that are started", () => {
    const services = [{ name: "docker:dind", alias: "dockerd" }, { name: "postgres:16" }];
    const plan = planServices(services, resolved());
    expect(plan.started).toEqual([{ name: "postgres:16" }]);
    expect(plan.engine?.hostNames).toEqual(["docker", "dockerd"]);
    expect(plan.engine?.ports).toMatchObject({ tls: true, plain: true, certDirectory: "/certs" });
  });

  test("knows an engine whose name is a variable", () => {
    const plan = planServices([{ name: "docker:${V}-dind" }], resolved({ V: "24" }));
    expect(plan.started).toEqual([]);
  });

  test("offers no TLS where DOCKER_TLS_CERTDIR is empty, also for the service alone", () => {
    const service = { name: "docker:dind", variables: [variable("DOCKER_TLS_CERTDIR", "")] };
    for (const plan of [
      planServices([{ name: "docker:dind" }], resolved({ DOCKER_TLS_CERTDIR: "" })),
      planServices([service], resolved()),
    ]) {
      expect(plan.engine?.ports).toMatchObject({ tls: false, plain: true });
    }
  });

  test.for([
    ["tcp://docker:2375", true],
    ["tcp://docker:2375/", true],
    ["tcp://docker", true],
    ["unix:///var/run/docker.sock", false],
    ["tcp://elsewhere:2375", false],
  ] as const)("without a service, DOCKER_HOST %s asks for the engine: %s", ([host, asked]) => {
    const plan = planServices([], resolved({ DOCKER_HOST: host }));
    expect(plan.engine !== undefined).toBe(asked);
  });

  test("hands on the service's command as it is written", () => {
    const service = { name: "docker:dind", command: ["--registry-mirror=$M"] };
    const plan = planServices([service], resolved({ M: "http://m" }));
    expect(plan.engine?.flags).toEqual(["--registry-mirror=$M"]);
  });
});
