import type { FunctionName } from "#functions/bundle.ts";

/** Directories with what is uploaded. */
export type Assets = {
  /** A bundle each: `main.mjs` and what it reads. */
  readonly functions: Readonly<Record<FunctionName, string>>;
  /** `runner.mjs` and `buildspecs/`: the source of every build. */
  readonly runner: string;
};
