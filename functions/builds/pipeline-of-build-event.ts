import * as z from "zod/mini";
import { defined } from "#language/defined.ts";

/** What we read of "CodeBuild Build State Change"; nothing else in it is trusted or needed. */
const eventSchema = z.object({
  source: z.literal("aws.codebuild"),
  detail: z.object({
    "build-id": z.optional(z.string()),
    "build-status": z.optional(z.string()),
    "additional-information": z.object({
      environment: z.object({
        "environment-variables": z.array(
          z.object({ name: z.string(), value: z.optional(z.string()) }),
        ),
      }),
    }),
  }),
});

export type BuildHint = {
  readonly pipelineId: number;
  readonly build?: string;
  readonly status?: string;
};

/** The pipeline that a build's event is about; undefined for a build that is none of ours. */
export function pipelineOfBuildEvent(event: unknown): BuildHint | undefined {
  const read = z.safeParse(eventSchema, event);
  if (!read.success) return undefined;
  const { "additional-information": information, ...detail } = read.data.detail;
  const given = information.environment["environment-variables"];
  const text = given.find(({ name }) => name === "SLIPWAY_PIPELINE_ID")?.value ?? "";
  const pipelineId = Number(text);
  if (!/^[1-9]\d*$/.test(text) || !Number.isSafeInteger(pipelineId)) return undefined;
  const build = detail["build-id"]?.split("build/").at(-1);
  const status = detail["build-status"];
  return {
    pipelineId,
    ...defined({ build, status }),
  };
}
