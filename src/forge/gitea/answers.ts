import * as z from "zod/mini";
import { ref } from "../github-like/git-data.ts";

// What is used of the answers of Gitea's and Forgejo's API (their Swagger documents).

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

/** A name that begins other refs gives them all. */
export const refs = z.union([z.array(ref), ref]);
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
