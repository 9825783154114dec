import { randomBytes } from "node:crypto";

/** Who signs with an access key: the service's role, or a build's with the repository of its tag `buildRepo`. */
export type EcrRole = {
  readonly name: string;
  readonly access: "service" | "push" | "pull";
  readonly buildRepo?: string;
};

export type EcrIdentity = { readonly secretAccessKey: string; readonly role: EcrRole };

export type TagMutability = {
  readonly mutability:
    | "MUTABLE"
    | "IMMUTABLE"
    | "MUTABLE_WITH_EXCLUSION"
    | "IMMUTABLE_WITH_EXCLUSION";
  /** Wildcard filters of the tags that are the other way. */
  readonly exclusions?: readonly string[];
};

export type CreationTemplate = TagMutability & {
  /** A namespace, or `ROOT`. */
  readonly prefix: string;
};

/** A rejection as ECR words it: in the API as `__type`, in the registry's answers as they have it. */
export class EcrRejection extends Error {
  readonly type: string;
  readonly status: number;

  constructor(type: string, message: string, status = 400) {
    super(message);
    this.type = type;
    this.status = status;
  }
}

/** What a registry of ECR knows besides its images; tests look at it and change it. */
export type EcrWorld = {
  readonly account: string;
  readonly region: string;
  /** By access key. */
  readonly identities: Map<string, EcrIdentity>;
  readonly repositories: Map<string, TagMutability>;
  readonly templates: CreationTemplate[];
  /** By password. */
  readonly tokens: Map<string, { readonly role: EcrRole; readonly expiresAt: number }>;
  /** Milliseconds that a token lives; twelve hours as in ECR. */
  tokenLife: number;
  /** Rejections of the next calls of an action, used up one by one. */
  readonly failures: { readonly action: string; readonly rejection: EcrRejection }[];
  /** Names of the API's actions as they were called. */
  readonly calls: string[];
};

export function createWorld(account: string, region: string): EcrWorld {
  return {
    account,
    region,
    identities: new Map(),
    repositories: new Map(),
    templates: [],
    tokens: new Map(),
    tokenLife: 12 * 60 * 60_000,
    failures: [],
    calls: [],
  };
}

const pullActions = new Set([
  "BatchCheckLayerAvailability",
  "BatchGetImage",
  "GetDownloadUrlForLayer",
  "DescribeImages",
  "ListImages",
]);
const pushActions = new Set([
  "InitiateLayerUpload",
  "UploadLayerPart",
  "CompleteLayerUpload",
  "PutImage",
]);

/** Decides as the roles' policies do; throws the rejection that names role, action and repository. */
export function authorize(
  world: EcrWorld,
  role: EcrRole,
  action: string,
  repository: string | undefined,
  denial: { readonly type: string; readonly status: number },
): void {
  if (role.access === "service" || action === "GetAuthorizationToken") return;
  const own = role.buildRepo;
  const isOwn =
    own !== undefined &&
    repository !== undefined &&
    (repository === own || repository.startsWith(`${own}/`));
  const may = pullActions.has(action) || (role.access === "push" && pushActions.has(action));
  if (isOwn && may) return;
  const resource = `arn:aws:ecr:${world.region}:${world.account}:repository/${repository ?? "*"}`;
  throw new EcrRejection(
    denial.type,
    `User: arn:aws:sts::${world.account}:assumed-role/${role.name}/AWSCodeBuild is not authorized to perform: ecr:${action} on resource: ${resource} because no identity-based policy allows the ecr:${action} action`,
    denial.status,
  );
}

/** The repository's settings; one that a creation template covers is made when somebody pushes to it. */
export function repositoryOf(
  world: EcrWorld,
  name: string,
  options: { readonly create: boolean },
): TagMutability | undefined {
  const known = world.repositories.get(name);
  if (known !== undefined || !options.create) return known;
  const template = world.templates
    .filter(({ prefix }) => prefix === "ROOT" || name.startsWith(`${prefix}/`))
    .sort((a, b) => Number(a.prefix === "ROOT") - Number(b.prefix === "ROOT"))
    .sort((a, b) => b.prefix.length - a.prefix.length)[0];
  if (template !== undefined) world.repositories.set(name, template);
  return template;
}

export function isImmutable(settings: TagMutability, tag: string): boolean {
  const excluded = (settings.exclusions ?? []).some((filter) => matches(filter, tag));
  switch (settings.mutability) {
    case "MUTABLE":
      return false;
    case "IMMUTABLE":
      return true;
    case "MUTABLE_WITH_EXCLUSION":
      return excluded;
    case "IMMUTABLE_WITH_EXCLUSION":
      return !excluded;
  }
}

function matches(filter: string, tag: string): boolean {
  const parts = filter.split("*").map((part) => part.replace(/[.\\+?^${}()|[\]]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(tag);
}

/** A new password for the registry, as long as ECR's are. */
export function issueToken(world: EcrWorld, role: EcrRole) {
  const password = randomBytes(1500).toString("base64");
  const expiresAt = Date.now() + world.tokenLife;
  world.tokens.set(password, { role, expiresAt });
  return { authorizationToken: Buffer.from(`AWS:${password}`).toString("base64"), expiresAt };
}
