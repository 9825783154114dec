import { connect } from "node:net";
import { defaultPort } from "../data/data-directory.ts";
import { run } from "../setup/command.ts";
import { findDockerClient } from "../setup/engine/docker-client.ts";
import { REGISTRY_NAME, registryNameResolves } from "../setup/host-name.ts";
import { dockerHubAnswers } from "../setup/images/docker-hub.ts";
import { findProgram } from "../setup/programs.ts";
import { found, missing, type Requirement, SETUP, warning } from "../setup/requirement.ts";
import { findRegistry } from "../setup/stand-alone-programs.ts";
import { stateDirectory } from "../setup/state-directory.ts";
import { inspectEngine } from "./doctor-engine.ts";
import { inspectLimits } from "./doctor-limits.ts";

/** Looks at everything that Slipway needs of this machine; changes nothing and never rejects. */
export async function inspectMachine(): Promise<Requirement[]> {
  const online = dockerHubAnswers(stateDirectory());
  const parts = await Promise.all([
    [inspectNode(process.version)],
    inspectGit().then((one) => [one]),
    inspectClient().then((one) => [one]),
    inspectEngine(online),
    inspectRegistry().then((one) => [one]),
    inspectName().then((one) => [one]),
    inspectPorts([defaultPort, defaultPort + 1]).then((one) => [one]),
    inspectLimits(),
  ]);
  return parts.flat();
}

/** Whether `engines` of package.json has this version of Node: `^20.19.0 || >=22.2.0`. */
export function inspectNode(version: string): Requirement {
  const [major = 0, minor = 0] = version.replace(/^v/, "").split(".").map(Number);
  const fits = (major === 20 && minor >= 19) || (major === 22 && minor >= 2) || major > 22;
  return fits
    ? found("Node", version)
    : missing(
        "Node",
        `${version}; 20.19 or newer is needed (of Node 22: 22.2 or newer)`,
        "https://nodejs.org/en/download",
      );
}

async function inspectGit(): Promise<Requirement> {
  const { code, stdout } = await run("git", ["--version"], { timeLimit: 5_000 });
  return code === 0
    ? found("git", stdout.trim().replace("git version ", ""))
    : missing("git", "not on PATH", "apt-get install git   (or https://git-scm.com/downloads)");
}

async function inspectClient(): Promise<Requirement> {
  const client = await findDockerClient();
  if (client) {
    return found("Docker client", `${client.version} at ${client.path}, builds with BuildKit`);
  }
  const first = await findProgram("docker");
  return missing(
    "Docker client",
    first ? `${first} cannot build with BuildKit: it lacks the buildx plugin` : "no docker on PATH",
    "apt-get install docker.io   (or buildx: https://docs.docker.com/build/install-buildx/)",
  );
}

async function inspectRegistry(): Promise<Requirement> {
  const path = await findRegistry(stateDirectory());
  if (!path) {
    return missing("Registry", "no CNCF Distribution program (docker-registry, registry)", SETUP);
  }
  const { code, stdout, stderr } = await run(path, ["--version"], { timeLimit: 5_000 });
  return code === 0
    ? found("Registry", stdout.trim())
    : missing("Registry", `${path} does not run: ${stderr.trim()}`, SETUP);
}

async function inspectName(): Promise<Requirement> {
  return (await registryNameResolves())
    ? found("Registry name", `${REGISTRY_NAME} means this machine`)
    : warning(
        "Registry name",
        `${REGISTRY_NAME} does not resolve to 127.0.0.1; image names carry "localhost" instead, which means something else inside containers`,
        `echo "127.0.0.1 ${REGISTRY_NAME}" | sudo tee -a /etc/hosts`,
      );
}

async function inspectPorts(ports: readonly number[]): Promise<Requirement> {
  const used: number[] = [];
  for (const port of ports) {
    if (await answers(port)) {
      used.push(port);
    }
  }
  return found(
    "Ports",
    used.length === 0
      ? `${ports.join(" and ")} are free`
      : `${used.join(" and ")} in use: right while Slipway runs here; otherwise choose others with --port`,
  );
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port, timeout: 500 });
    const done = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => done(true));
    socket.once("error", () => done(false));
    socket.once("timeout", () => done(true));
  });
}
