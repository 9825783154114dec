/** What became of an event: a pipeline, made now or before, or nothing. */
export type CreateOutcome =
  | {
      readonly result: "created";
      readonly pipelineId: number;
      readonly url: string;
      readonly status: string;
    }
  | { readonly result: "nothing"; readonly why: string };
