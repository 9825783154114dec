import * as z from "zod/mini";

// What is used of the answers of Bitbucket Cloud's REST API 2.0 (Atlassian Developer: Bitbucket Cloud).

export const project = z.looseObject({
  uuid: z.string(),
  full_name: z.string(),
  name: z.string(),
  description: z.nullish(z.string()),
  is_private: z.nullish(z.boolean()),
  mainbranch: z.nullish(z.looseObject({ name: z.string() })),
  links: z.looseObject({ html: z.looseObject({ href: z.string() }) }),
});

export const commit = z.looseObject({
  hash: z.string(),
  message: z.nullish(z.string()),
  date: z.string(),
  author: z.nullish(z.looseObject({ raw: z.nullish(z.string()) })),
});

export const meta = z.looseObject({ type: z.string(), size: z.nullish(z.int()) });

export const ref = z.looseObject({
  name: z.string(),
  message: z.nullish(z.string()),
  tagger: z.nullish(z.unknown()),
  date: z.nullish(z.string()),
  target: z.looseObject({ hash: z.string() }),
});

export function page<T>(item: z.ZodMiniType<T>) {
  return z.looseObject({ values: z.array(item), next: z.nullish(z.string()) });
}

export const entry = z.looseObject({ path: z.string(), type: z.string() });

const side = z.nullish(z.looseObject({ path: z.string() }));
export const difference = z.looseObject({ old: side, new: side });

export const hook = z.looseObject({ uuid: z.string(), url: z.string() });
