import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

export type RunSettingsFile = {
  /** Path of slipway.yaml, which need not exist; absent: the defaults. */
  readonly file?: string;
  /** What to tell a person who may have expected other settings. */
  readonly remark?: string;
};

/**
 * Which settings a run obeys: the file that was named, else that of the data directory that was named. Never one
 * that merely lies in the tree, which may be a stranger's: settings choose executors, and secrets.
 */
export function settingsFileFor(options: {
  readonly directory: string;
  readonly config?: string;
  /** As given by option or environment; absent: nobody named one. */
  readonly data?: string;
}): RunSettingsFile {
  const { directory, config, data } = options;
  if (config !== undefined) return { file: resolve(directory, config) };
  const inTree = join(directory, "slipway.yaml");
  const remark = `${inTree} is not obeyed, since the tree may be a stranger's: add --config slipway.yaml if it is yours`;
  return {
    ...(data !== undefined && { file: join(resolve(directory, data), "slipway.yaml") }),
    ...(existsSync(inTree) && { remark }),
  };
}
