import * as z from "zod/mini";

// What is used of the answers of GitHub's REST API (GitHub Docs: REST API endpoints).

export const content = z.looseObject({
  type: z.string(),
  size: z.nullish(z.int()),
  encoding: z.nullish(z.string()),
  content: z.nullish(z.string()),
  target: z.nullish(z.string()),
});

export const tree = z.looseObject({
  tree: z.array(z.looseObject({ path: z.string(), type: z.string(), sha: z.string() })),
  truncated: z.nullish(z.boolean()),
});

export const compare = z.looseObject({
  merge_base_commit: z.looseObject({ sha: z.string() }),
  files: z.nullish(
    z.array(z.looseObject({ filename: z.string(), previous_filename: z.nullish(z.string()) })),
  ),
});

export const namedRefs = z.array(
  z.looseObject({ name: z.string(), commit: z.looseObject({ sha: z.string() }) }),
);

export const installationToken = z.looseObject({ token: z.string(), expires_at: z.string() });

export const checkRuns = z.looseObject({
  check_runs: z.array(
    z.looseObject({
      id: z.int(),
      status: z.string(),
      external_id: z.nullish(z.string()),
      app: z.nullish(z.looseObject({ id: z.int(), client_id: z.nullish(z.string()) })),
    }),
  ),
});

export const hooks = z.array(
  z.looseObject({
    id: z.int(),
    config: z.looseObject({ url: z.nullish(z.string()) }),
    active: z.nullish(z.boolean()),
  }),
);

export const deliveries = z.array(
  z.looseObject({
    id: z.int(),
    guid: z.string(),
    event: z.string(),
    status_code: z.nullish(z.int()),
  }),
);

export const delivery = z.looseObject({
  request: z.looseObject({ payload: z.nullish(z.unknown()) }),
});
