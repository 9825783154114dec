import { parseImageRepository, repositoryFor } from "#image/image-repository.ts";

/** What the holder of a token may do, as far as the registry is concerned (the store's grants are such). */
export type RegistryGrant =
  | {
      readonly kind: "job";
      readonly jobId: number;
      readonly project: string;
      readonly canPush: boolean;
    }
  /** Without `project`: all repositories. */
  | { readonly kind: "access" | "deploy"; readonly name: string; readonly project?: string }
  /** Not for the registry. */
  | { readonly kind: "ticket" | "environment" };

/** What a client asks for in one `scope` parameter, and what it gets as one entry of the `access` claim. */
export type Access = {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
};

/** Everybody may pull these: copies of public base images. */
const publicRepositories = "library";

/**
 * Reads `repository:group/project:pull,push` (Distribution, "Token Scope Documentation"): the name may
 * hold colons itself. Undefined when it is no scope.
 */
export function parseScope(text: string): Access | undefined {
  const first = text.indexOf(":");
  const last = text.lastIndexOf(":");
  if (first <= 0 || last === first || last === first + 1) return undefined;
  const actions = text.slice(last + 1).split(",");
  return {
    type: text.slice(0, first),
    name: text.slice(first + 1, last),
    actions: [...new Set(actions.filter((action) => action !== ""))],
  };
}

/**
 * What of the requested scopes is granted, each on its own. No grant means somebody without
 * credentials. A scope of which nothing is granted is left out: the registry then says "denied".
 */
export function decideAccess(
  grant: RegistryGrant | undefined,
  scopes: readonly Access[],
): readonly Access[] {
  return scopes.flatMap((scope) => {
    const actions = scope.actions.filter((action) => mayDo(grant, scope, action));
    return actions.length > 0 ? [{ type: scope.type, name: scope.name, actions }] : [];
  });
}

function mayDo(grant: RegistryGrant | undefined, scope: Access, action: string): boolean {
  if (scope.type === "registry") {
    return scope.name === "catalog" && grant?.kind === "access" && grant.project === undefined;
  }
  if (scope.type !== "repository" || !parseImageRepository(scope.name).ok) return false;
  if (action === "pull" && isWithin(scope.name, publicRepositories)) return true;
  switch (grant?.kind) {
    case undefined:
    case "ticket":
    case "environment":
      return false;
    case "job":
      if (!isOfProject(scope.name, grant.project)) return false;
      return action === "pull" || (action === "push" && grant.canPush);
    case "deploy":
      return action === "pull" && isOfProject(scope.name, grant.project);
    case "access":
      return isOfProject(scope.name, grant.project);
  }
}

/** The project's own repository and those below it. */
function isOfProject(repository: string, project: string | undefined): boolean {
  if (project === undefined) return true;
  const own = repositoryFor(project);
  return own.ok && isWithin(repository, own.repository);
}

function isWithin(repository: string, parent: string): boolean {
  return repository === parent || repository.startsWith(`${parent}/`);
}
