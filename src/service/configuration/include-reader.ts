import type { ForgeClient } from "#forge/forge.ts";
import { defined } from "#language/defined.ts";
import type { ConfigReader } from "#language/source.ts";
import type { Host, Installation, Ports } from "../deps.ts";

/**
 * Files outside the pipeline's project. Other projects are read on the same forge, and only those that
 * this installation is connected to: the service's token may see more than the pusher. Remote files are
 * read where the host allows it.
 */
export function includeReader(
  deps: Pick<Ports, "forges"> & Pick<Installation, "settings"> & Pick<Host, "readRemoteFile">,
  forgeName: string,
): Pick<ConfigReader, "project" | "projectPaths" | "component" | "remote"> {
  const connected = async (project: string): Promise<ForgeClient | undefined> =>
    (await deps.settings({ forge: forgeName, project })) === undefined
      ? undefined
      : deps.forges.get(forgeName)?.client(project);
  const read = async (project: string, ref: string | undefined, file: string) => {
    const client = await connected(project);
    const sha = client && (await resolveRef(client, ref));
    return sha === undefined ? undefined : client?.readFile(sha, file);
  };
  const { readRemoteFile } = deps;
  return {
    project: read,
    projectPaths: async (project, ref) => {
      const client = await connected(project);
      const sha = client && (await resolveRef(client, ref));
      return sha === undefined ? undefined : client?.listPaths(sha);
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

/** `HOST/GROUP/PROJECT/NAME@VERSION` (GitLab Docs, "CI/CD components"); the version is a tag, branch or sha. */
function parseComponent(
  address: string,
): { readonly project: string; readonly name: string; readonly version: string } | undefined {
  const [, project, name, version] = /^[^/@]+\/([^@]+)\/([^/@]+)@([^@]+)$/.exec(address) ?? [];
  return project === undefined || name === undefined || version === undefined
    ? undefined
    : { project, name, version };
}

/** The commit of a branch, a tag or a sha; that of the default branch where none is named. */
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
