import type { ForgeClient } from "#forge/forge.ts";
import { defined } from "#language/defined.ts";
import type { PipelineFacts } from "#language/facts.ts";
import type { ConfigReader } from "#language/source.ts";
import { isSamePath } from "#pipeline/project-key.ts";
import type { ProjectSettings } from "#project/settings.ts";
import type { Host, Installation, Ports } from "../deps.ts";
import { isFromFork, matchesWildcard } from "./facts.ts";

/**
 * Files outside the pipeline's project. The service's token sees more than who pushed: another project on the same
 * forge is read only where its settings share its configuration with this one, or where everybody may read it, and
 * never for a fork's merge request, whose author may be anybody. Remote files are read where the host allows it.
 */
export function includeReader(
  deps: Pick<Ports, "forges"> & Pick<Installation, "settings"> & Pick<Host, "readRemoteFile">,
  forgeName: string,
  facts: Pick<PipelineFacts, "project" | "mergeRequest">,
): Pick<ConfigReader, "project" | "projectPaths" | "component" | "remote"> {
  const own = facts.project.path;
  const open = async (project: string): Promise<ForgeClient | { readonly refused: string }> => {
    const client = deps.forges.get(forgeName)?.client(project);
    const isOwn = isSamePath(project, own);
    if (isOwn && client !== undefined) return client;
    if (isFromFork(facts))
      return { refused: `A merge request from a fork reads no files of \`${project}\`.` };
    const settings = await deps.settings({ forge: forgeName, project });
    const isShared =
      settings !== undefined && client !== undefined && (await shares(settings, client, own));
    // The same words where there is no such project: who may not read it may not learn of it.
    return isShared ? client : { refused: notShared(project, own) };
  };
  const read = async (project: string, ref: string | undefined, file: string) => {
    const client = await open(project);
    if ("refused" in client) return client;
    const sha = await resolveRef(client, ref);
    return sha === undefined ? undefined : client.readFile(sha, file);
  };
  const { readRemoteFile } = deps;
  return {
    project: read,
    projectPaths: async (project, ref) => {
      const client = await open(project);
      if ("refused" in client) return client;
      const sha = await resolveRef(client, ref);
      return sha === undefined ? undefined : client.listPaths(sha);
    },
    component: async (address) => {
      const component = parseComponent(address);
      if (component === undefined) return undefined;
      const { project, version, name } = component;
      return (
        (await read(project, version, `templates/${name}.yml`)) ??
        read(project, version, `templates/${name}/template.yml`)
      );
    },
    ...defined({ remote: readRemoteFile }),
  };
}

async function shares(
  settings: ProjectSettings,
  client: ForgeClient,
  reader: string,
): Promise<boolean> {
  const path = reader.toLowerCase();
  const patterns = settings.shareCiConfig ?? [];
  if (patterns.some((pattern) => matchesWildcard(pattern.toLowerCase(), path))) return true;
  return (await client.readProject())?.visibility === "public";
}

function notShared(project: string, reader: string): string {
  return `\`${project}\` does not share its files with ${reader}: set \`share_ci_config: [${reader}]\` for the project ${project} in slipway.yaml (patterns with \`*\` are possible), or make it public on its forge.`;
}

/** `HOST/GROUP/PROJECT/NAME@VERSION` (GitLab Docs, "CI/CD components"); the version is a tag, branch or sha. */
function parseComponent(
  address: string,
): { readonly project: string; readonly name: string; readonly version: string } | undefined {
  const [, project, name, version] = /^[^/@]+\/([^@]+)\/([^/@]+)@([^@]+)$/.exec(address) ?? [];
  return project === undefined || name === undefined || version === undefined
    ? undefined
    : { project, name, version };
}

/** Returns the commit of a branch, tag or sha, or of the default branch if none is named. */
async function resolveRef(
  client: ForgeClient,
  ref: string | undefined,
): Promise<string | undefined> {
  if (ref !== undefined && /^[0-9a-f]{40}$/.test(ref)) return ref;
  const name = ref ?? (await client.readProject())?.defaultBranch;
  const refs = await client.listRefs();
  const found = [`refs/tags/${name}`, `refs/heads/${name}`, name].flatMap(
    (full) => refs.find((candidate) => candidate.ref === full) ?? [],
  );
  return found[0]?.sha;
}
