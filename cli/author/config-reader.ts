import { readPublicFile } from "#http/public-file.ts";
import type { ConfigReader } from "#language/source.ts";
import { listInside, readInside } from "./directory-tree.ts";
import { changedInTree } from "./git.ts";

export type AuthorReader = ConfigReader & {
  /** Texts read so far, by the name that diagnostics use. */
  readonly texts: ReadonlyMap<string, string>;
};

export type ReaderOptions = {
  readonly root: string;
  /** Changed paths, where the author names them. */
  readonly changed?: readonly string[];
  /** Ask the directory's git for changes that nobody named; `target` is a merge request's. */
  readonly git?: { readonly target?: string };
  /** Directories of other projects, by path. */
  readonly includeFrom: Readonly<Record<string, string>>;
};

/** Answers the compiler from the working tree of a directory, with or without git. */
export function authorReader(options: ReaderOptions): AuthorReader {
  const { root, changed, git, includeFrom } = options;
  const texts = new Map<string, string>();
  const remember = (name: string, text: string | undefined): string | undefined => {
    if (text !== undefined) texts.set(name, text);
    return text;
  };
  const directories = new Map(Object.entries(includeFrom));
  return {
    texts,
    local: async (path) => remember(path, await readInside(root, path)),
    paths: () => listInside(root),
    changedPaths: async (compareTo) => {
      if (changed !== undefined) return changed;
      if (git === undefined) return "unknown";
      const paths = await changedInTree(root, compareTo ?? git.target);
      return paths === "no-such-ref" && compareTo === undefined ? "unknown" : paths;
    },
    remote: async (url) => {
      const file = await readPublicFile(url);
      return typeof file === "string" ? remember(url, file) : file;
    },
    ...(directories.size > 0 && otherProjects(directories, remember)),
  };
}

type Remember = (name: string, text: string | undefined) => string | undefined;

/** A directory stands for every ref of its project. */
function otherProjects(
  directories: ReadonlyMap<string, string>,
  remember: Remember,
): Pick<ConfigReader, "project" | "projectPaths" | "component"> {
  const read = async (project: string, path: string): Promise<string | undefined> => {
    const directory = directories.get(project);
    return directory === undefined ? undefined : readInside(directory, path);
  };
  return {
    project: async (project, ref, file) => {
      const at = ref === undefined ? "" : `@${ref}`;
      return remember(`${project}:${file}${at}`, await read(project, file));
    },
    projectPaths: async (project) => {
      const directory = directories.get(project);
      return directory === undefined ? undefined : listInside(directory);
    },
    component: async (address) => {
      // GitLab Docs, "CI/CD components": `host/group/project/name@version`, a file or a folder in templates/.
      const [, project, name] = /^[^/]+\/(.+)\/([^/@]+)@[^@]+$/.exec(address) ?? [];
      if (project === undefined || name === undefined) return undefined;
      const file = await read(project, `templates/${name}.yml`);
      return remember(address, file ?? (await read(project, `templates/${name}/template.yml`)));
    },
  };
}
