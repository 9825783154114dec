import { defined } from "#language/defined.ts";
import type { Diagnostic } from "#language/diagnostic.ts";
import { createPipeline, type NewPipeline } from "#pipeline/create-pipeline.ts";
import type { Pipeline } from "#pipeline/pipeline.ts";
import { ItemTooLarge } from "#store/written.ts";
import { type Host, isoNow, type Ports } from "../deps.ts";

/** Stores a new pipeline. If it is too large to be stored, a failed pipeline that says so is stored instead. */
export async function storePipeline(
  deps: Pick<Ports, "store"> & Pick<Host, "now">,
  input: NewPipeline,
): Promise<Pipeline> {
  const pipeline = createPipeline(input, isoNow(deps));
  try {
    await deps.store.pipelines.create(pipeline);
    return pipeline;
  } catch (error) {
    if (!(error instanceof ItemTooLarge)) throw error;
    const { id, iid, forge, project, facts, settings, parent } = input;
    const failed = createPipeline(
      {
        ...{ id, iid, forge, project, facts, settings, ...defined({ parent }) },
        status: "failed",
        diagnostics: [tooLarge(error)],
        variables: [],
      },
      isoNow(deps),
    );
    await deps.store.pipelines.create(failed);
    return failed;
  }
}

function tooLarge({ message }: ItemTooLarge): Diagnostic {
  return { severity: "error", code: "limit-exceeded", message, path: "", file: "" };
}
