/** Wings and files of one floor: they do not import one another, and nothing that stands above them. */
type Floor = readonly string[];

/** The floors of each folder, from the top. A name is a wing, a file, or with `*` all files that end so. */
export const floors: Readonly<Record<string, readonly Floor[]>> = {
  "src/language": [
    ["compile.ts"],
    ["jobs", "include"],
    ["keyword"],
    ["condition"],
    ["scope", "yaml"],
    ["tree", "plan.ts", "source.ts"],
    [
      "expression",
      "facts.ts",
      "variables.ts",
      "diagnostic.ts",
      "limits.ts",
      "sha256.ts",
      "defined.ts",
    ],
  ],
  "src/service": [
    ["sweep", "view"],
    ["watch", "handle-message.ts"],
    ["delivery", "runner-api"],
    ["create", "artifacts"],
    ["advance"],
    ["environment", "deployment", "access"],
    ["configuration", "images", "read-plan.ts", "read-job.ts"],
    ["deps.ts", "keys.ts", "page-urls.ts", "each-until.ts", "error-code.ts"],
  ],
  "src/runner": [
    ["main.ts"],
    ["runner.ts"],
    ["job"],
    ["workspace"],
    ["archive", "sources"],
    ["executor"],
    ["engine"],
    ["registry", "trace"],
    ["aws", "service-client"],
    [
      "protocol.ts",
      "settings.ts",
      "job-failure.ts",
      "retry.ts",
      "together.ts",
      "disk.ts",
      "version.ts",
    ],
  ],
  local: [
    ["doctor", "run-here"],
    ["up"],
    ["git-host"],
    ["wire"],
    ["registry"],
    ["setup", "data"],
    ["bundle"],
    ["package-root.ts", "machine-problem.ts"],
  ],
  "src/forge": [
    ["connections.ts"],
    ["github", "gitlab", "gitea", "bitbucket"],
    ["local", "github-like", "merge-requests.ts"],
    ["git", "gitlab-like"],
    ["http"],
    ["forge.ts", "hooks.ts", "project-path.ts"],
  ],
  "src/store": [["dynamodb"], ["store.ts"], ["*-store.ts"], ["written.ts"]],
  "src/environment": [
    ["codebuild", "engine", "host"],
    ["environment-variables.ts"],
    ["buildspec", "environment.ts"],
    ["engine-client.ts", "labels.ts", "wait-until.ts"],
  ],
  "functions/http": [
    ["main.ts"],
    ["whole-app.ts", "lambda-app.ts", "lambda-handler.ts"],
    ["app.ts", "documents"],
    ["pages", "runner", "slipway", "webhooks", "openid.ts"],
    ["answer-failure.ts", "app-deps.ts", "artifact-response.ts", "operation"],
    [
      "registry-token.ts",
      "file-response.ts",
      "read-body.ts",
      "refuse.ts",
      "sign-in.ts",
      "defer-briefly.ts",
      "env.ts",
    ],
  ],
};

/** The folder, the name and the floor (0 at the top) of a file; undefined outside of all folders with floors. */
type Place = { readonly folder: string; readonly wing: string; readonly floor: number | undefined };

function placeOf(file: string): Place | undefined {
  const folder = Object.keys(floors).find((each) => file.startsWith(`${each}/`));
  if (folder === undefined) return undefined;
  const [wing = ""] = file.slice(folder.length + 1).split("/");
  const stands = (name: string) =>
    name.startsWith("*") ? wing.endsWith(name.slice(1)) : wing === name;
  const floor = floors[folder]?.findIndex((names) => names.some(stands));
  return { folder, wing, floor: floor === -1 ? undefined : floor };
}

/** What is wrong with the imports of one file, whose path is relative to the project. */
export function wrongImports(file: string, text: string): readonly string[] {
  const from = placeOf(file);
  if (from === undefined) return [];
  if (from.floor === undefined)
    return [`${file}: ${from.wing} has no floor in test/architecture/wings.ts`];
  return importsOf(text).flatMap((specifier) => {
    const imported = resolve(file, specifier);
    const to = imported === undefined ? undefined : placeOf(imported);
    if (to?.floor === undefined || from.floor === undefined) return [];
    if (to.folder !== from.folder || to.wing === from.wing || to.floor > from.floor) return [];
    const why =
      to.floor < from.floor
        ? `${to.wing} stands above ${from.wing}`
        : `${to.wing} stands on the same floor as ${from.wing}`;
    return [`${file} imports ${imported}: ${why}`];
  });
}

/** Every specifier of a module, type-only imports and `import()` included. */
function importsOf(text: string): readonly string[] {
  const found = text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*"([^"\n]+)"/g);
  return [...found].flatMap(([, specifier]) => (specifier === undefined ? [] : [specifier]));
}

/** The project's own file that a specifier names; undefined for a package. */
function resolve(file: string, specifier: string): string | undefined {
  if (specifier.startsWith(".")) return new URL(specifier, `file:///${file}`).pathname.slice(1);
  if (!specifier.startsWith("#")) return undefined;
  const path = specifier.slice(1);
  return /^(functions|local|cli)\//.test(path) ? path : `src/${path}`;
}
