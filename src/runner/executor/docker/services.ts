import { Readable } from "node:stream";
import type Docker from "dockerode";
import { serviceHostNames } from "#image/service-host-names.ts";
import type { JobService } from "../../protocol.ts";
import type { AuthSource } from "../../registry/auth.ts";
import type { Log } from "../../trace/trace.ts";
import { engineFailure } from "../engine-client.ts";
import type { JobContext } from "../executor.ts";
import { commonSettings, environmentEntries } from "./container-settings.ts";
import { demultiplex } from "./demultiplex.ts";
import { anyPortAnswers } from "./health-check.ts";
import { imageRequest } from "./image-request.ts";
import type { ImageStore, PresentImage } from "./image-store.ts";
import type { Surroundings } from "./surroundings.ts";

export type ServiceStart = {
  readonly engine: Docker;
  readonly images: ImageStore;
  readonly context: JobContext;
  readonly auths: AuthSource;
  readonly log: Log;
  readonly stop: AbortSignal;
};

const DEFAULT_WAIT_SECONDS = 30;
const CHECKED_PORTS = 20;
const SHOWN_LOG_LINES = 50;
/** A service that prints without end must not fill the disk. */
const LOG_LIMITS = { "max-size": "4m", "max-file": "1" };

/**
 * Starts a service and waits until it answers. One that does not is a warning with its log, never a
 * failed job. GitLab Docs: "Services", how the health check of services works.
 */
export async function startService(
  start: ServiceStart,
  service: JobService,
  connected: Promise<Surroundings>,
): Promise<void> {
  const { engine, context, log, stop } = start;
  const { settings, variables } = context;
  const request = imageRequest(service, context.job, variables.expand, start.auths.find);
  const aliases = serviceHostNames(request.name, variables.expand(service.alias ?? ""));
  log.line(`Starting service ${request.name} ...`);
  const [image, surroundings] = await Promise.all([
    start.images.ensure(request, log, stop),
    connected,
  ]);
  const own = (service.variables ?? []).map(({ key, value, raw }) => ({
    key,
    value: raw ? value : variables.expand(value),
  }));
  const common = commonSettings(context, service, request.ref, surroundings, {
    alias: aliases,
    privileged: settings.privileged,
  });
  try {
    const container = await engine.createContainer({
      ...common,
      ...(service.command?.length && { Cmd: service.command }),
      // As GitLab Runner does it: a secret only where the configuration hands it over by a variable of its own.
      Env: environmentEntries([...variables.list.filter((one) => one.public), ...own]),
      HostConfig: { ...common.HostConfig, LogConfig: { Type: "json-file", Config: LOG_LIMITS } },
    });
    await container.start();
    await waitUntilHealthy(start, container, request.name, image);
  } catch (error) {
    stop.throwIfAborted();
    throw engineFailure(error, `Starting the service ${request.name}`, settings.dockerHost);
  }
}

async function waitUntilHealthy(
  start: ServiceStart,
  container: Docker.Container,
  name: string,
  image: PresentImage,
): Promise<void> {
  const { context, log, stop } = start;
  const chosen = Number(context.variables.get("HEALTHCHECK_TCP_PORT") || Number.NaN);
  const ports = Number.isInteger(chosen) ? [chosen] : image.exposedPorts.slice(0, CHECKED_PORTS);
  if (ports.length === 0) return;
  const seconds = Number(context.variables.get("CI_SERVICE_WAIT_TIMEOUT") || DEFAULT_WAIT_SECONDS);
  const { NetworkSettings } = await container.inspect();
  const address = Object.values(NetworkSettings.Networks)[0]?.IPAddress ?? "";
  const ended = new AbortController();
  const end = () => ended.abort();
  container.wait().then(end, end);
  const signal = AbortSignal.any([stop, ended.signal]);
  const healthy =
    address !== "" &&
    (await anyPortAnswers(address, ports, seconds * 1_000, signal).catch(() => false));
  stop.throwIfAborted();
  if (healthy) return;
  const problem =
    ended.signal.aborted || address === ""
      ? "has ended already"
      : `did not answer on port ${ports.join(", ")} within ${seconds} s`;
  log.warning(`The service ${name} ${problem}; the job goes on. Its log:`);
  const logs = await container.logs({ stdout: true, stderr: true, tail: SHOWN_LOG_LINES });
  for await (const bytes of demultiplex(Readable.from([logs]))) log.output(bytes);
}
