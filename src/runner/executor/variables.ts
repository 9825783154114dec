import { expandRunner } from "#language/scope/expand.ts";
import { lastValue } from "#language/variables.ts";
import { JobFailure } from "../job-failure.ts";
import type { JobResponse, JobVariable } from "../protocol.ts";

/** Where a job's files lie, as its scripts see them. */
export type JobPaths = {
  readonly builds: string;
  readonly project: string;
  /** Beside the project, as GitLab has it: `<project>.tmp`. */
  readonly files: string;
};

/** The paths of a job's project below a builds directory; a path that leaves it is refused. */
export function jobPaths(job: JobResponse, builds: string): JobPaths {
  const path = job.job_info.project_full_path;
  const parts = path.split("/");
  if (parts.some((part) => part === "" || part === "." || part === ".." || part.includes("\0"))) {
    throw new Error(`The project path ${JSON.stringify(path)} cannot be a directory.`);
  }
  return { builds, project: `${builds}/${path}`, files: `${builds}/${path}.tmp` };
}

/** A file that a `file` variable asks for. */
export type VariableFile = { readonly name: string; readonly content: string };

export type ResolvedVariables = {
  /** Each name once, in the order of its last definition, expanded; file variables hold their path. */
  readonly list: readonly {
    readonly key: string;
    readonly value: string;
    readonly masked: boolean;
    /** Secrets of the project and of the job itself are not: no service gets them unasked. */
    readonly public: boolean;
    /** Not for settings that others can look at: it is a secret, or holds one. */
    readonly confidential: boolean;
  }[];
  readonly files: readonly VariableFile[];
  readonly get: (key: string) => string | undefined;
  /** A value beyond the limit of an expansion fails the job. */
  readonly expand: (text: string) => string;
  /** As `expand`, for names that the service keeps or shows: values of secrets become `[MASKED]`. */
  readonly expandName: (text: string) => string;
};

type Definition = {
  key: string;
  value: string;
  raw: boolean;
  masked: boolean;
  public: boolean;
  file?: VariableFile;
};

/** Shorter values are in other ones by chance. */
const SHORTEST_SECRET = 8;

/** What the service sent, with what only the runner knows, the way the script and its containers see it. */
export function resolveVariables(
  sent: readonly JobVariable[],
  known: Readonly<Record<string, string>>,
  paths: Pick<JobPaths, "files">,
): ResolvedVariables {
  const last = new Map<string, Definition>();
  const define = (definition: Definition) => {
    last.delete(definition.key);
    last.set(definition.key, definition);
  };
  for (const variable of sent) {
    const { key, value, raw, masked } = variable;
    if (!variable.file) {
      define({ key, value, raw, masked, public: variable.public });
      continue;
    }
    const plain = key.replaceAll(/[^A-Za-z0-9_.-]/g, "_");
    const name = plain === "." || plain === ".." ? "_" : plain;
    const path = `${paths.files}/${name}`;
    const file = { name, content: value };
    define({ key, value: path, raw: true, masked: false, public: true, file });
  }
  for (const [key, value] of Object.entries(known)) {
    define({ key, value, raw: true, masked: false, public: true });
  }
  const files = [...last.values()].flatMap((definition) => definition.file ?? []);
  const expandAs = (what: string, text: string) => {
    const expanded = expandRunner(text, (name) => last.get(name)?.value);
    if (!expanded.ok) throw new JobFailure("script_failure", `${what}: ${expanded.message}`);
    return expanded.value;
  };
  const expanded = [...last.values()].map((variable) => ({
    ...variable,
    value: variable.raw ? variable.value : expandAs(variable.key, variable.value),
  }));
  const secrets = expanded
    .filter((variable) => variable.masked && variable.value.length >= SHORTEST_SECRET)
    .map(({ value }) => value);
  const list = expanded.map(({ key, value, masked, public: isPublic }) => ({
    key,
    value,
    masked,
    public: isPublic,
    confidential: masked || !isPublic || secrets.some((secret) => value.includes(secret)),
  }));
  const expand = (text: string) => expandAs("A keyword with variables", text);
  const hidden = expanded
    .flatMap(({ masked, value }) => (masked && value !== "" ? [value] : []))
    .toSorted((a, b) => b.length - a.length);
  const expandName = (text: string) =>
    hidden.reduce((name, secret) => name.replaceAll(secret, "[MASKED]"), expand(text));
  return { list, files, get: (key) => lastValue(list, key), expand, expandName };
}

/** Every text of a job that must never show in its log. */
export function jobSecrets(job: JobResponse, resolved: ResolvedVariables): string[] {
  const secrets = new Set<string>([job.token]);
  for (const variable of [...job.variables, ...resolved.list]) {
    if (!variable.masked) continue;
    secrets.add(variable.value);
    for (const line of variable.value.split("\n")) if (line.length >= 8) secrets.add(line);
  }
  for (const credential of job.credentials) {
    secrets.add(credential.password);
    secrets.add(basicAuth(credential.username, credential.password));
  }
  const registryUser = resolved.get("CI_REGISTRY_USER");
  const registryPassword = resolved.get("CI_REGISTRY_PASSWORD");
  if (registryUser && registryPassword) secrets.add(basicAuth(registryUser, registryPassword));
  const url = parseUrl(job.git_info.repo_url);
  if (url !== undefined && url.password !== "") {
    const password = decodeURIComponent(url.password);
    secrets.add(password);
    secrets.add(basicAuth(decodeURIComponent(url.username), password));
  }
  secrets.delete("");
  return [...secrets];
}

/** The user and password of HTTP's basic scheme, as it goes over the wire. */
export function basicAuth(username: string, password: string): string {
  return Buffer.from(`${username}:${password}`).toString("base64");
}

/** Undefined for what is no URL (a path, an scp-like remote). */
export function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}
