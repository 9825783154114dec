import { isObject, parseObject } from "./json-object.ts";

/**
 * What scripts create through the engine's API is given its owner's labels here, in the request's
 * body. Leaves out Swarm (services, configs, secrets).
 */
export type LabelledBody = {
  readonly body: Buffer;
  /** Named volumes the container would create without any label: to be created first. */
  readonly volumes: readonly VolumeRequest[];
};

export type VolumeRequest = {
  readonly Name: string;
  readonly Driver?: string;
  readonly DriverOpts?: Record<string, unknown>;
  readonly Labels: Record<string, unknown>;
};

const CREATE = /^(?:\/v\d+\.\d+)?\/(containers|networks|volumes)\/create(?:\?|$)/;

/** Which kind of thing a request creates, if it creates one that can be labelled. */
export function createdKind(
  method: string,
  url: string,
): "containers" | "networks" | "volumes" | undefined {
  const kind = method === "POST" ? CREATE.exec(url)?.[1] : undefined;
  return kind === "containers" || kind === "networks" || kind === "volumes" ? kind : undefined;
}

/** A body that is no JSON object is left as it is: the engine's own error is the best one. */
export function withLabels(
  body: Buffer,
  labels: Readonly<Record<string, string>>,
  kind: "containers" | "networks" | "volumes",
): LabelledBody {
  const parsed = parseObject(body.toString("utf8"));
  if (parsed === undefined) {
    return { body, volumes: [] };
  }
  const labelled = { ...parsed, Labels: { ...asObject(parsed.Labels), ...labels } };
  return {
    body: Buffer.from(JSON.stringify(labelled)),
    volumes: kind === "containers" ? namedVolumes(asObject(parsed.HostConfig), labels) : [],
  };
}

function namedVolumes(
  hostConfig: Record<string, unknown>,
  labels: Readonly<Record<string, string>>,
): VolumeRequest[] {
  const driver = typeof hostConfig.VolumeDriver === "string" ? hostConfig.VolumeDriver : "";
  const binds = asArray(hostConfig.Binds).flatMap((bind) => {
    const source = typeof bind === "string" ? bind.split(":")[0] : undefined;
    return source && bind !== source && !/^[/.~]/.test(source)
      ? [{ Name: source, ...(driver ? { Driver: driver } : {}), Labels: { ...labels } }]
      : [];
  });
  const mounts = asArray(hostConfig.Mounts).flatMap((entry) => {
    const mount = asObject(entry);
    if (mount.Type !== "volume" || typeof mount.Source !== "string" || mount.Source === "") {
      return [];
    }
    const options = asObject(mount.VolumeOptions);
    const config = asObject(options.DriverConfig);
    return [
      {
        Name: mount.Source,
        ...(typeof config.Name === "string" && config.Name ? { Driver: config.Name } : {}),
        ...(config.Options ? { DriverOpts: asObject(config.Options) } : {}),
        Labels: { ...asObject(options.Labels), ...labels },
      },
    ];
  });
  return [...binds, ...mounts];
}

function asObject(value: unknown): Record<string, unknown> {
  return isObject(value) ? value : {};
}

function asArray(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
