/** Settings of an engine by the names of its configuration file, "dockerd CLI reference". */
export type EngineSettings = Readonly<
  Record<string, string | number | boolean | readonly string[] | Readonly<Record<string, boolean>>>
>;

export type ParsedFlags = {
  readonly settings: EngineSettings;
  readonly warnings: readonly string[];
};

type Kind = "list" | "text" | "number" | "switch";

/** Flag → key of the configuration file and kind. What is not here is not a job's to set. */
const SETTABLE: Readonly<Record<string, { readonly key: string; readonly kind: Kind }>> = {
  "registry-mirror": { key: "registry-mirrors", kind: "list" },
  "insecure-registry": { key: "insecure-registries", kind: "list" },
  mtu: { key: "mtu", kind: "number" },
  bip: { key: "bip", kind: "text" },
  dns: { key: "dns", kind: "list" },
  "dns-opt": { key: "dns-opts", kind: "list" },
  "dns-search": { key: "dns-search", kind: "list" },
  ipv6: { key: "ipv6", kind: "switch" },
  "fixed-cidr-v6": { key: "fixed-cidr-v6", kind: "text" },
  ip6tables: { key: "ip6tables", kind: "switch" },
  experimental: { key: "experimental", kind: "switch" },
  debug: { key: "debug", kind: "switch" },
  "log-level": { key: "log-level", kind: "text" },
  label: { key: "labels", kind: "list" },
  "max-concurrent-downloads": { key: "max-concurrent-downloads", kind: "number" },
  "max-concurrent-uploads": { key: "max-concurrent-uploads", kind: "number" },
  "max-download-attempts": { key: "max-download-attempts", kind: "number" },
};

const SHORT: Readonly<Record<string, string>> = {
  D: "debug",
  l: "log-level",
  s: "storage-driver",
  H: "host",
};

/** Flags that say how the engine is to be reached, which the endpoint of the job settles. */
const ABOUT_TLS = new Set(["tls", "tlsverify", "tlscacert", "tlscert", "tlskey"]);

const VALUELESS = new Set(["tls", "tlsverify", "ipv6", "ip6tables", "experimental", "debug"]);

/** Splits a dind service's command into settings that a job may choose and warnings about the rest. */
export function parseEngineFlags(command: readonly string[]): ParsedFlags {
  const settings: Record<string, string | number | boolean | string[] | Record<string, boolean>> =
    {};
  const warnings: string[] = [];
  const first = command[0] ?? "";
  const program = /^(?:.*\/)?(?:dockerd|dockerd-entrypoint\.sh)$/.test(first);
  if (first !== "" && !program && !first.startsWith("-")) {
    return { settings, warnings: [`The service's command "${first}" is not run: ${OWN_ENGINE}`] };
  }
  const words = program ? command.slice(1) : [...command];
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? "";
    const match = /^(?:--([a-z0-9-]+)|-([A-Za-z]))(?:=(.*))?$/s.exec(word);
    if (!match) {
      if (word !== "dockerd") {
        warnings.push(`The service's "${word}" is not a flag of an engine and is left out.`);
      }
      continue;
    }
    const name = match[1] ?? SHORT[match[2] ?? ""] ?? match[2] ?? "";
    let value = match[3];
    const next = words[index + 1];
    if (
      value === undefined &&
      !VALUELESS.has(name) &&
      next !== undefined &&
      !next.startsWith("-")
    ) {
      value = next;
      index += 1;
    }
    const warning = apply(settings, name, value);
    if (warning !== undefined) {
      warnings.push(warning);
    }
  }
  return { settings, warnings };
}

const OWN_ENGINE = "docker:dind is served by the environment's own engine.";

function apply(
  settings: Record<string, string | number | boolean | string[] | Record<string, boolean>>,
  name: string,
  value: string | undefined,
): string | undefined {
  const given = value === undefined ? `--${name}` : `--${name}=${value}`;
  if (ABOUT_TLS.has(name)) {
    return undefined;
  }
  if (name === "host") {
    return value === undefined || /^unix:|:237[56]\/?$/.test(value)
      ? undefined
      : `The service's ${given} changes nothing: the engine is at docker:2375, docker:2376 and /var/run/docker.sock.`;
  }
  if (name === "storage-driver") {
    return value === "overlay2"
      ? undefined
      : `The service's ${given} changes nothing: the storage driver is overlay2.`;
  }
  if (name === "feature" && value !== undefined) {
    const [feature = "", state = "true"] = value.split("=");
    settings.features = { ...asFeatures(settings.features), [feature]: state === "true" };
    return undefined;
  }
  const settable = Object.hasOwn(SETTABLE, name) ? SETTABLE[name] : undefined;
  if (settable === undefined) {
    return `The service's --${name} is not applied: it is not for a job to set. ${OWN_ENGINE}`;
  }
  const { key, kind } = settable;
  const before = settings[key];
  switch (kind) {
    case "switch":
      settings[key] = value === undefined || value === "true" || value === "1";
      return undefined;
    case "number": {
      const number = Number(value);
      if (!Number.isSafeInteger(number) || number < 0 || value === "") {
        return `The service's ${given} is not applied: it needs a whole number.`;
      }
      settings[key] = number;
      return undefined;
    }
    case "text":
    case "list":
      if (value === undefined || value === "") {
        return `The service's ${given} is not applied: it needs a value.`;
      }
      settings[key] = kind === "text" ? value : [...(Array.isArray(before) ? before : []), value];
      return undefined;
  }
}

function asFeatures(value: unknown): Record<string, boolean> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).map(([name, on]) => [name, on === true]))
    : {};
}
