import * as z from "zod/mini";

// What is used of the answers of Gitea's and Forgejo's API (their Swagger documents).

export const project = z.looseObject({
  id: z.int(),
  full_name: z.string(),
  name: z.string(),
  description: z.nullish(z.string()),
  private: z.nullish(z.boolean()),
  internal: z.nullish(z.boolean()),
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

export const commit = z.looseObject({
  sha: z.string(),
  commit: z.looseObject({ message: z.string(), author: person, committer: person }),
});

export const tree = z.looseObject({
  tree: z.nullish(z.array(z.looseObject({ path: z.string(), type: z.string() }))),
  truncated: z.nullish(z.boolean()),
});

export const compare = z.looseObject({
  total_commits: z.int(),
  commits: z.nullish(
    z.array(
      z.looseObject({
        files: z.nullish(z.array(z.looseObject({ filename: z.string() }))),
      }),
    ),
  ),
});

const object = z.looseObject({ sha: z.string(), type: z.string() });
export const ref = z.looseObject({ ref: z.string(), object });
/** A name that begins other refs gives them all. */
export const refs = z.union([z.array(ref), ref]);
export const tag = z.looseObject({ message: z.nullish(z.string()), object });
export const branches = z.array(
  z.looseObject({ name: z.string(), commit: z.looseObject({ id: z.string() }) }),
);
export const tags = z.array(
  z.looseObject({ name: z.string(), commit: z.looseObject({ sha: z.string() }) }),
);

export const hooks = z.array(
  z.looseObject({
    id: z.int(),
    config: z.record(z.string(), z.string()),
  }),
);
