import * as z from "zod/mini";
import { readAnswer } from "../http/http.ts";
import { appHttp, type GitHubAppOptions } from "./app-tokens.ts";

const installation = z.looseObject({ permissions: z.record(z.string(), z.string()) });

const wanted = [
  ["contents", "read", "to read and clone the code"],
  ["statuses", "write", "to set commit statuses"],
  ["checks", "write", "to show pipelines as checks; until then commit statuses show them"],
  ["pull_requests", "read", "to know a branch's open pull requests"],
  ["repository_hooks", "write", "to register the webhook"],
] as const;

/** What the installation of a GitHub App was not granted but should be (GitHub Docs: Get an installation for the authenticated app). */
export async function missingAppPermissions(options: GitHubAppOptions): Promise<readonly string[]> {
  const http = appHttp(options);
  const path = `/app/installations/${options.installation}`;
  const answer = await http({ path, expect: [401, 404] });
  if (answer.status === 401)
    return [`GitHub does not know the App ${options.appId}, or its key is another one.`];
  if (answer.status === 404)
    return [`The App ${options.appId} has no installation ${options.installation}.`];
  const { permissions } = readAnswer(installation, answer, "the App's installation");
  return wanted.flatMap(([name, level, why]) =>
    permissions[name] === "write" || permissions[name] === level
      ? []
      : [`The App needs the repository permission "${name}: ${level}" ${why}.`],
  );
}
