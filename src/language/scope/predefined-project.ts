import { refSlug } from "#image/ref-slug.ts";
import type { ProjectFacts, ServerFacts } from "../facts.ts";
import type { Variable } from "../variables.ts";
import { FREE_TEXT, toVariables } from "./to-variables.ts";

/** `CI_SERVER_*` and what else tells a script that it runs in CI. */
export function serverVariables(server: ServerFacts): Variable[] {
  const [, protocol = "https", host = "", port] =
    /^(https?):\/\/(\[[^\]]*\]|[^/:]+)(?::(\d+))?/i.exec(server.url) ?? [];
  const [major = "0", minor = "0", patch = "0"] = server.version.split(/[^0-9]+/);
  return toVariables({
    CI: "true",
    GITLAB_CI: "true",
    GITLAB_FEATURES: "",
    CI_SERVER: "yes",
    CI_SERVER_URL: server.url,
    CI_SERVER_HOST: host,
    CI_SERVER_PORT: port ?? (protocol === "http" ? "80" : "443"),
    CI_SERVER_PROTOCOL: protocol,
    CI_SERVER_FQDN: port === undefined ? host : `${host}:${port}`,
    // Files compare this name, so it is that of the language's server.
    CI_SERVER_NAME: "GitLab",
    CI_SERVER_VERSION: server.version,
    CI_SERVER_VERSION_MAJOR: major,
    CI_SERVER_VERSION_MINOR: minor,
    CI_SERVER_VERSION_PATCH: patch,
    CI_API_V4_URL: `${server.url}/api/v4`,
  });
}

/** `CI_PROJECT_*`, `CI_DEFAULT_BRANCH`, `CI_CONFIG_PATH` and the project's image repository. */
export function projectVariables(project: ProjectFacts, registry: string): Variable[] {
  const segments = project.path.split("/");
  const namespace = segments.slice(0, -1).join("/");
  const [rootNamespace = ""] = segments;
  return [
    ...toVariables({
      CI_PROJECT_ID: String(project.id),
      CI_PROJECT_NAME: segments.at(-1) ?? "",
    }),
    ...toVariables(
      { CI_PROJECT_TITLE: project.title, CI_PROJECT_DESCRIPTION: project.description },
      FREE_TEXT,
    ),
    ...toVariables({
      CI_PROJECT_PATH: project.path,
      CI_PROJECT_PATH_SLUG: refSlug(project.path),
      CI_PROJECT_NAMESPACE: namespace,
      CI_PROJECT_NAMESPACE_SLUG: refSlug(namespace),
      CI_PROJECT_ROOT_NAMESPACE: namespace === "" ? "" : rootNamespace,
      CI_PROJECT_URL: project.url,
      CI_PROJECT_VISIBILITY: project.visibility,
      CI_DEFAULT_BRANCH: project.defaultBranch,
      CI_DEFAULT_BRANCH_SLUG: refSlug(project.defaultBranch),
      CI_CONFIG_PATH: project.configPath,
      CI_REGISTRY: registry,
      CI_REGISTRY_IMAGE: `${registry}/${project.path.toLowerCase()}`,
    }),
  ];
}
