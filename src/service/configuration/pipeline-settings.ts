import type { PipelineSettings } from "#pipeline/pipeline.ts";
import type { ProjectSettings } from "#project/settings.ts";

/** The project settings that a pipeline keeps until its end. */
export function pipelineSettings(settings: ProjectSettings): PipelineSettings {
  return {
    executor: settings.executor,
    privileged: settings.privileged,
    capacity: settings.executor === "docker-socket" ? settings.capacity : 1,
    maxEnvironments: settings.maxEnvironments,
    jobTimeoutSeconds: settings.jobTimeoutSeconds,
    ...(settings.statuses === "jobs" && { statuses: settings.statuses }),
  };
}
