import { z } from "zod";
import type { EcrRole, TagMutability } from "../ecr-double/world.ts";
import type { Resource } from "./deploy.ts";

const roleSchema = z.looseObject({
  RoleName: z.string(),
  Tags: z.array(z.object({ Key: z.string(), Value: z.unknown() })),
});
const repositorySchema = z.looseObject({
  RepositoryName: z.string(),
  ImageTagMutability: z.enum([
    "MUTABLE",
    "IMMUTABLE",
    "MUTABLE_WITH_EXCLUSION",
    "IMMUTABLE_WITH_EXCLUSION",
  ]),
  ImageTagMutabilityExclusionFilters: z.optional(
    z.array(z.looseObject({ ImageTagMutabilityExclusionFilterValue: z.string() })),
  ),
});

/** The build roles that the stacks make, by name: what ECR's policies will see in their tags. */
export function buildRolesOf(resources: readonly Resource[]): ReadonlyMap<string, EcrRole> {
  return new Map(
    resources.flatMap(({ Type, Properties }) => {
      const role = Type === "AWS::IAM::Role" ? roleSchema.safeParse(Properties) : undefined;
      const buildRepo = role?.data?.Tags.find(({ Key }) => Key === "buildRepo")?.Value;
      if (role?.data === undefined || typeof buildRepo !== "string") return [];
      const name = role.data.RoleName;
      const access = name.endsWith("-pull") ? ("pull" as const) : ("push" as const);
      return [[name, { name, access, buildRepo }]];
    }),
  );
}

/** The repositories that the stacks make, with which of their tags may move. */
export function repositoriesOf(
  resources: readonly Resource[],
): readonly (readonly [string, TagMutability])[] {
  return resources.flatMap(({ Type, Properties }) => {
    if (Type !== "AWS::ECR::Repository") return [];
    const repository = repositorySchema.parse(Properties);
    const exclusions = (repository.ImageTagMutabilityExclusionFilters ?? []).map(
      (filter) => filter.ImageTagMutabilityExclusionFilterValue,
    );
    const settings = { mutability: repository.ImageTagMutability, exclusions };
    return [[repository.RepositoryName, settings] as const];
  });
}
