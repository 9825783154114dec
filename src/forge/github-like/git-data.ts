import * as z from "zod/mini";
import { pageAddress } from "#http/web-address.ts";
import type { CommitFacts, ProjectFacts } from "#language/facts.ts";
import { isRefName, isSha } from "../git/git-objects.ts";
import { type ForgeHttp, readAnswer } from "../http/http.ts";
import { visibility } from "./payload.ts";

// Repositories, commits and tags as GitHub's API gives them (GitHub Docs: REST API endpoints for Git database),
// and Gitea's and Forgejo's after it (their Swagger documents).

export const project = z.looseObject({
  id: z.int(),
  full_name: z.string(),
  name: z.string(),
  description: z.nullish(z.string()),
  private: z.nullish(z.boolean()),
  internal: z.nullish(z.boolean()),
  visibility: z.nullish(z.string()),
  default_branch: z.nullish(z.string()),
  html_url: z.string(),
  permissions: z.nullish(z.record(z.string(), z.boolean())),
});

const person = z.nullish(
  z.looseObject({
    name: z.nullish(z.string()),
    email: z.nullish(z.string()),
    date: z.nullish(z.string()),
  }),
);

const commit = z.looseObject({
  sha: z.string(),
  commit: z.looseObject({ message: z.string(), author: person, committer: person }),
});

const object = z.looseObject({ sha: z.string(), type: z.string() });
type GitObject = z.infer<typeof object>;
export const ref = z.looseObject({ ref: z.string(), object });
const tag = z.looseObject({ message: z.nullish(z.string()), object });

export type GitDataOptions = {
  readonly http: ForgeHttp;
  /** The repository's address below the API's. */
  readonly base: string;
  /** Where a commit stands, without its id. */
  readonly commits: string;
  readonly readRef: (name: string) => Promise<z.infer<typeof ref> | undefined>;
};

/** The shared calls, for one repository. */
export function gitData({ http, base, commits, readRef }: GitDataOptions) {
  /** What an object is in the end: tags may point to tags. */
  async function peel(from: GitObject): Promise<string | undefined> {
    let at = from;
    for (let depth = 0; at.type === "tag" && depth < 5; depth++) {
      const found = await readOne(http, tag, `${base}/git/tags/${at.sha}`, "a tag");
      if (found === undefined) return undefined;
      at = found.object;
    }
    return at.type === "commit" ? at.sha : undefined;
  }

  const readDirect = (id: string) => readOne(http, commit, `${commits}/${id}`, "a commit");

  return {
    resolveRef: async (name: string): Promise<string | undefined> => {
      const found = await readRef(name);
      return found && peel(found.object);
    },
    readCommit: async (sha: string): Promise<Omit<CommitFacts, "beforeSha"> | undefined> => {
      if (!isSha(sha)) return undefined;
      const direct = await readDirect(sha);
      const target = direct ? undefined : await peel({ sha, type: "tag" });
      const found = direct ?? (target && (await readDirect(target)));
      if (!found) return undefined;
      const { message, author, committer } = found.commit;
      return {
        sha: found.sha,
        message,
        authorName: author?.name ?? "",
        authorEmail: author?.email ?? "",
        timestamp: committer?.date ?? author?.date ?? "1970-01-01T00:00:00Z",
      };
    },
    readTagMessage: async (name: string): Promise<string | undefined> => {
      if (!isRefName(name)) return undefined;
      const named = await readRef(`refs/tags/${name}`);
      if (named?.object.type !== "tag") return undefined;
      const found = await readOne(http, tag, `${base}/git/tags/${named.object.sha}`, "a tag");
      return found?.message?.trim() || undefined;
    },
    readProject: async (): Promise<ProjectFacts | undefined> => {
      const found = await readOne(http, project, base, "the repository");
      return (
        found && {
          id: found.id,
          path: found.full_name,
          title: found.name,
          description: found.description ?? "",
          visibility: visibility(found),
          defaultBranch: found.default_branch ?? "",
          url: pageAddress(found.html_url),
          configPath: ".gitlab-ci.yml",
        }
      );
    },
  };
}

/** Undefined if there is no such object: 409 means an empty repository, and 422 a missing object. */
export async function readOne<T>(
  http: ForgeHttp,
  schema: z.ZodMiniType<T>,
  path: string,
  what: string,
): Promise<T | undefined> {
  const answer = await http({ path, expect: [404, 409, 422] });
  return answer.status === 200 ? readAnswer(schema, answer, what) : undefined;
}
