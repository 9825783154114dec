import {
  App,
  type AppProps,
  Aws,
  DefaultStackSynthesizer,
  type IReusableStackSynthesizer,
  PermissionsBoundary,
  Tags,
} from "aws-cdk-lib";
import { defined } from "#language/defined.ts";
import type { Settings } from "#project/parse-settings.ts";
import type { ProjectSettings } from "#project/settings.ts";
import type { Assets } from "./assets.ts";
import { stackNumberOf } from "./assign-stack.ts";
import { namesOf } from "./names.ts";
import { ownTag } from "./permissions.ts";
import type { Place } from "./place.ts";
import { ProjectsStack } from "./projects-stack.ts";
import { ServiceStack } from "./service-stack.ts";
import { StateStack } from "./state-stack.ts";

/** All stacks of an installation: what is kept, what works, and what single projects have. */
export function slipwayApp(
  settings: Settings,
  options: {
    readonly place: Place;
    readonly assets: Assets;
    readonly version: string;
    readonly app?: AppProps;
  },
): App {
  const { aws } = settings;
  const { account, region } = options.place;
  const names = namesOf({ name: aws.name, region, account: account ?? Aws.ACCOUNT_ID });
  const app = new App({
    ...options.app,
    // CDK declares it without regard to exact optional properties.
    defaultStackSynthesizer: new DefaultStackSynthesizer({
      bucketPrefix: names.assetPrefix,
    }) as IReusableStackSynthesizer,
  });
  const prefix = stackPrefix(aws.name);
  const projects = [...settings.projects.values()];
  const common = {
    env: { region, ...defined({ account }) },
    names,
    aws,
    ...(aws.permissionsBoundaryArn !== undefined && {
      permissionsBoundary: PermissionsBoundary.fromArn(aws.permissionsBoundaryArn),
    }),
  };
  const state = new StateStack(app, `${prefix}State`, {
    ...common,
    description: "Slipway: what is kept",
  });
  const service = new ServiceStack(app, prefix, {
    ...common,
    description: "Slipway: the service",
    assets: options.assets,
    version: options.version,
    hasDockerServers: projects.some(({ dockerServer }) => dockerServer !== undefined),
  });
  service.addStackDependency(state);
  for (const [number, held] of byStack(projects, aws.projectStacks)) {
    const stack = new ProjectsStack(app, `${prefix}Projects${number}`, {
      ...common,
      description: `Slipway: repositories and build roles of ${held.length} projects`,
      assets: options.assets,
      projects: held,
    });
    stack.addStackDependency(service);
  }
  Tags.of(app).add(ownTag, aws.name);
  return app;
}

/** `slipway` → `Slipway`, `team-a` → `TeamA`. */
function stackPrefix(name: string): string {
  return name
    .split("-")
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join("");
}

function byStack(
  projects: readonly ProjectSettings[],
  stacks: number,
): readonly (readonly [number, readonly ProjectSettings[]])[] {
  const held = new Map<number, ProjectSettings[]>();
  for (const project of projects) {
    const number = stackNumberOf(project.path, stacks);
    const others = held.get(number);
    if (others === undefined) held.set(number, [project]);
    else others.push(project);
  }
  return [...held].sort(([a], [b]) => a - b);
}
