import { compile } from "#language/compile.ts";
import { defined } from "#language/defined.ts";
import type { PipelineFacts } from "#language/facts.ts";
import type { CompileResult } from "#language/plan.ts";
import { authorReader } from "./config-reader.ts";
import { type Branches, factsOf } from "./facts.ts";
import type { PushFlags } from "./push-flags.ts";
import { readSourceFile, type SourceFile } from "./source-file.ts";

export type CompiledFile = {
  readonly source: SourceFile;
  readonly facts: PipelineFacts;
  readonly result: CompileResult;
  /** Text of a file that a diagnostic names, if it was read. */
  readonly textOf: (file: string) => string | undefined;
};

/** Compiles a file for the push that the flags describe; what they leave open does not depend on git. */
export async function compileFile(file: string, flags: PushFlags): Promise<CompiledFile> {
  const source = await readSourceFile(file, flags.root);
  return compileSource(source, flags, factsOf(flags, source.name));
}

/** As `compileFile`, where branches and changes that the flags leave open are those of the directory's git. */
export async function compileInRepository(
  file: string,
  flags: PushFlags,
  branchesOf: (directory: string) => Branches,
): Promise<CompiledFile> {
  const source = await readSourceFile(file, flags.root);
  const facts = factsOf(flags, source.name, branchesOf(source.root));
  const target = facts.mergeRequest?.targetBranch;
  return compileSource(source, flags, facts, target === undefined ? {} : { target });
}

async function compileSource(
  source: SourceFile,
  flags: PushFlags,
  facts: PipelineFacts,
  git?: { readonly target?: string },
): Promise<CompiledFile> {
  const reader = authorReader({
    root: source.root,
    includeFrom: flags.includeFrom ?? {},
    ...defined({ changed: flags.changed, git }),
  });
  const result = await compile({
    text: source.text,
    file: source.name,
    facts,
    iid: 1,
    pipelineVariables: flags.variable ?? [],
    projectVariables: [],
    reader,
    inputs: flags.input ?? {},
  });
  const textOf = (file: string) => (file === source.name ? source.text : reader.texts.get(file));
  return { source, facts, result, textOf };
}
