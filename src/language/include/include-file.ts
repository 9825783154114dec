// Where the files of an `include` come from, and what is said when one cannot be had.

import { defined } from "../defined.ts";
import type { Lookup } from "../expression/expression.ts";
import { compileRegex } from "../expression/regex.ts";
import { expandServer } from "../scope/expand.ts";
import { sha256Hex } from "../sha256.ts";
import type { ConfigReader, FromProject } from "../source.ts";
import { didYouMean } from "../tree/nearest.ts";
import type { IncludeSource } from "./include-entry.ts";

/** Where a file was read from, for the local includes inside it. */
export type Origin =
  | { readonly type: "here" }
  | { readonly type: "project"; readonly project: string; readonly ref?: string }
  | { readonly type: "elsewhere"; readonly name: string };

export type IncludedFile = {
  readonly file: string;
  readonly text: string;
  readonly origin: Origin;
};

export type Fetched =
  | { readonly ok: true; readonly files: readonly IncludedFile[] }
  | { readonly ok: false; readonly message: string };

export async function fetchFiles(
  source: IncludeSource,
  origin: Origin,
  reader: ConfigReader,
  lookup: Lookup,
): Promise<Fetched> {
  const expand = (text: string): string => {
    const expanded = expandServer(text, lookup, "empty");
    return expanded.ok ? expanded.value : text;
  };
  switch (source.type) {
    case "local":
      return fetchLocal(expand(source.path), origin, reader);
    case "project": {
      const { ref } = source;
      const project = {
        project: expand(source.project),
        ...(ref !== undefined && { ref: expand(ref) }),
      };
      return fetchProject(project, source.files.map(expand), reader);
    }
    case "remote":
      return fetchRemote(expand(source.url), source.integrity, reader);
    case "template":
      return fetchTemplate(expand(source.name), reader);
    case "component":
      return fetchNamed("component", expand(source.address), reader.component);
    case "artifact":
      return fetchArtifact(expand(source.job), expand(source.path), reader);
  }
}

async function fetchLocal(path: string, origin: Origin, reader: ConfigReader): Promise<Fetched> {
  const clean = path.replace(/^\/+/, "");
  if (!isYamlName(clean)) return failed(notYaml("local file", path));
  switch (origin.type) {
    case "elsewhere":
      return failed(
        `\`${path}\` is local to ${origin.name}, where local files cannot be included.`,
      );
    case "project":
      return fetchProject(origin, [clean], reader);
    case "here":
      return clean.includes("*") ? fetchMatching(clean, reader) : fetchHere(clean, reader);
  }
}

async function fetchHere(path: string, reader: ConfigReader): Promise<Fetched> {
  const text = await reader.local(path);
  if (text !== undefined) return fetched([{ file: path, text, origin: { type: "here" } }]);
  const help = didYouMean(path, await reader.paths());
  return failed(`The local file \`${path}\` does not exist.${help}`);
}

/** `*` stays within a folder, `**` goes through folders. */
async function fetchMatching(pattern: string, reader: ConfigReader): Promise<Fetched> {
  const source = pattern
    .split("**")
    .map((part) => part.split("*").map(escaped).join("[^/]*"))
    .join(".*");
  const compiled = compileRegex(`^${source}$`);
  if (!compiled.ok) return failed(`\`${pattern}\` is not a usable pattern: ${compiled.message}.`);
  const paths = (await reader.paths()).filter((path) => compiled.regex.matches(path)).toSorted();
  const files = await Promise.all(paths.slice(0, 200).map((path) => fetchHere(path, reader)));
  return fetched(files.flatMap((file) => (file.ok ? file.files : [])));
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.|?+()[\]{}]/g, "\\$&");
}

async function fetchProject(
  origin: { readonly project: string; readonly ref?: string },
  paths: readonly string[],
  reader: ConfigReader,
): Promise<Fetched> {
  const { project, ref } = origin;
  if (reader.project === undefined) {
    return failed(`Files of other projects (\`${project}\`) cannot be read here.`);
  }
  const files: IncludedFile[] = [];
  for (const path of paths) {
    const clean = path.replace(/^\/+/, "");
    if (!isYamlName(clean)) return failed(notYaml("file", path));
    const text = await reader.project(project, ref, clean);
    const at = ref === undefined ? "" : `@${ref}`;
    if (typeof text === "object") return failed(text.refused);
    if (text === undefined) {
      return failed(
        `\`${project}:${clean}${at}\` does not exist, or this project may not read it.`,
      );
    }
    files.push({
      file: `${project}:${clean}${at}`,
      text,
      origin: { type: "project", project, ...defined({ ref }) },
    });
  }
  return fetched(files);
}

async function fetchRemote(
  url: string,
  integrity: string | undefined,
  reader: ConfigReader,
): Promise<Fetched> {
  if (!/^https?:\/\/[^\s/]+/.test(url))
    return failed(`\`${url}\` is not an http or https address.`);
  if (!isYamlName(url)) return failed(notYaml("remote file", url));
  const result = await fetchNamed("remote file", url, reader.remote);
  const [file] = result.ok ? result.files : [];
  if (integrity === undefined || file === undefined) return result;
  const found = `sha256-${base64(sha256Hex(file.text))}`;
  return found === integrity
    ? result
    : failed(`\`${url}\` has changed: its integrity is ${found}, not ${integrity}.`);
}

function fetchTemplate(name: string, reader: ConfigReader): Promise<Fetched> | Fetched {
  if (name.endsWith(".gitlab-ci.yml") && reader.template === undefined) {
    return failed(
      `The template \`${name}\` is not here: GitLab's templates are not shipped. Copy it into the repository and include it as \`local\`.`,
    );
  }
  if (name.endsWith(".gitlab-ci.yml")) return fetchNamed("template", name, reader.template);
  return failed(`The template \`${name}\` does not exist: their names end in .gitlab-ci.yml.`);
}

function isYamlName(name: string): boolean {
  return /[^/]\.ya?ml$/i.test(name);
}

function notYaml(what: string, name: string): string {
  return `The ${what} \`${name}\` cannot be included: its name should end in .yml or .yaml.`;
}

/** Its local includes are those of the repository. */
async function fetchArtifact(job: string, path: string, reader: ConfigReader): Promise<Fetched> {
  if (reader.artifact === undefined) {
    return failed("A configuration that a job makes can be included by `trigger` only.");
  }
  const text = await reader.artifact(job, path);
  return text === undefined
    ? failed(
        `The job \`${job}\` of the parent pipeline has left no \`${path}\`, or in an archive that has expired or is larger than 5 MB.`,
      )
    : fetched([{ file: `${path} of ${job}`, text, origin: { type: "here" } }]);
}

async function fetchNamed(
  what: string,
  name: string,
  ask: ((name: string) => Promise<FromProject<string>>) | undefined,
): Promise<Fetched> {
  if (ask === undefined) return failed(`The ${what} \`${name}\` cannot be read here.`);
  const text = await ask(name);
  if (typeof text === "object") return failed(text.refused);
  if (text === undefined)
    return failed(`The ${what} \`${name}\` does not exist or cannot be read.`);
  return fetched([{ file: name, text, origin: { type: "elsewhere", name } }]);
}

function base64(hex: string): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const bits = [...hex].map((digit) => Number.parseInt(digit, 16).toString(2).padStart(4, "0"));
  const groups = bits.join("").match(/.{1,6}/g) ?? [];
  const text = groups.map((group) => alphabet[Number.parseInt(group.padEnd(6, "0"), 2)]).join("");
  return text.padEnd(Math.ceil(text.length / 4) * 4, "=");
}

function fetched(files: readonly IncludedFile[]): Fetched {
  return { ok: true, files };
}

function failed(message: string): Fetched {
  return { ok: false, message };
}
