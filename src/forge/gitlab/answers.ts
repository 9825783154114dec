import * as z from "zod/mini";

// What is used of the answers of GitLab's REST API (GitLab Docs: REST API resources).

export const project = z.looseObject({
  id: z.int(),
  path_with_namespace: z.string(),
  name: z.string(),
  description: z.nullish(z.string()),
  visibility: z.enum(["private", "internal", "public"]),
  default_branch: z.nullish(z.string()),
  web_url: z.string(),
});

export const commit = z.looseObject({
  id: z.string(),
  message: z.nullish(z.string()),
  author_name: z.nullish(z.string()),
  author_email: z.nullish(z.string()),
  committed_date: z.string(),
});

export const tree = z.array(z.looseObject({ path: z.string(), type: z.string() }));

export const compare = z.looseObject({
  commits: z.nullish(z.array(z.unknown())),
  diffs: z.nullish(z.array(z.looseObject({ old_path: z.string(), new_path: z.string() }))),
  compare_timeout: z.nullish(z.boolean()),
});

export const ref = z.looseObject({
  name: z.string(),
  message: z.nullish(z.string()),
  commit: z.nullish(z.looseObject({ id: z.string() })),
});

export const refs = z.array(ref);

export const status = z.looseObject({ pipeline_id: z.nullish(z.int()) });

export const hook = z.looseObject({
  id: z.int(),
  url: z.string(),
  signing_token_present: z.nullish(z.boolean()),
  alert_status: z.nullish(z.string()),
  disabled_until: z.nullish(z.string()),
});

export const hookEvents = z.array(
  z.looseObject({
    id: z.int(),
    request_headers: z.nullish(z.record(z.string(), z.unknown())),
    request_data: z.nullish(z.unknown()),
    response_status: z.nullish(z.union([z.string(), z.int()])),
  }),
);
