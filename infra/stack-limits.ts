import type { Settings, SettingsProblem } from "#project/parse-settings.ts";
import type { ProjectSettings } from "#project/settings.ts";
import { placeOf } from "#project/settings-place.ts";
import { stackNumberOf } from "./assign-stack.ts";

/** CloudFormation's limits for one stack, with a little room (User Guide, "CloudFormation quotas"). */
const most = { resources: 490, outputs: 195 };

/** Stacks that would hold more projects than CloudFormation lets them. */
export function stackProblems(text: string, settings: Settings): readonly SettingsProblem[] {
  const stacks = settings.aws.projectStacks;
  const held = new Map<number, { resources: number; outputs: number }>();
  for (const project of settings.projects.values()) {
    const number = stackNumberOf(project.path, stacks);
    const sum = held.get(number) ?? { resources: 0, outputs: 0 };
    held.set(number, {
      resources: sum.resources + resourcesOf(project),
      outputs: sum.outputs + 1,
    });
  }
  const full = [...held.values()].some(
    ({ resources, outputs }) => resources > most.resources || outputs > most.outputs,
  );
  if (!full) return [];
  return [
    {
      path: "aws.project_stacks",
      message: `${settings.projects.size} projects are too many for ${stacks} stacks: a stack has at most ${most.resources} resources and ${most.outputs} outputs. Name a larger number; docs/aws-settings.md says how to move what is deployed`,
      ...placeOf(text, ["aws", "project_stacks"]),
    },
  ];
}

function resourcesOf({ registry, forks, dockerServer }: ProjectSettings): number {
  return 1 + (registry ? 3 : 0) + (forks === "approve" ? 1 : 0) + (dockerServer ? 1 : 0);
}
