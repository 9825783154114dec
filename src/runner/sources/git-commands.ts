import type { SourcesRequest } from "../executor/workspace.ts";

export type GitCommand = readonly [verb: string, ...args: string[]];

/** What was found where the sources are to be. */
export type Found = { readonly reused: boolean; readonly shallow: boolean };

/** The commands that bring a repository to a job's commit; `url` holds no credentials. */
export function checkoutCommands(
  { refspecs, sha, options }: SourcesRequest,
  url: string,
  { reused, shallow }: Found,
): readonly GitCommand[] {
  const wholeHistory = shallow ? ["--unshallow"] : [];
  const depth = options.depth > 0 ? [`--depth=${options.depth}`] : wholeHistory;
  return [
    ["init", "--quiet", "--template="],
    ["config", "remote.origin.url", url],
    ["fetch", ...options.fetchFlags, ...depth, "--end-of-options", "origin", ...refspecs],
    ...(options.checkout
      ? [["checkout", "--force", "--quiet", "--detach", sha] satisfies GitCommand]
      : []),
    ...(options.checkout && reused && options.cleanFlags !== undefined
      ? [["clean", ...options.cleanFlags] satisfies GitCommand]
      : []),
  ];
}

export function submoduleCommands({ options }: SourcesRequest): readonly GitCommand[] {
  const recursive = options.submodules === "recursive" ? ["--recursive"] : [];
  const depth = options.submoduleDepth > 0 ? [`--depth=${options.submoduleDepth}`] : [];
  const flags = [...recursive, ...depth, ...options.submoduleFlags];
  return [
    ["submodule", "--quiet", "sync", ...recursive],
    [
      "submodule",
      "--quiet",
      "update",
      "--init",
      "--force",
      ...flags,
      "--",
      ...options.submodulePaths,
    ],
  ];
}
