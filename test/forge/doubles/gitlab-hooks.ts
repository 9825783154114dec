import type { Reply, Route } from "./api-server.ts";

export type StoredHook = { id: number; url: string; [field: string]: unknown };

const forbidden: Reply = { status: 403, json: { message: "403 Forbidden" } };

/** GitLab's project webhooks: secrets go in and never come out. */
export function gitlabHookRoutes(options: {
  readonly hooks: StoredHook[];
  readonly signs: boolean;
  readonly mayEdit: boolean;
}): readonly Route[] {
  const { hooks, signs, mayEdit } = options;
  const shown = ({ token, signing_token, ...hook }: StoredHook) => ({
    ...hook,
    token_present: token !== undefined,
    ...(signs ? { signing_token_present: signing_token !== undefined } : {}),
  });
  const checked = (body: Record<string, unknown>): Reply | undefined => {
    const signing = body.signing_token;
    const key = typeof signing === "string" ? /^whsec_(.+)$/.exec(signing)?.[1] : undefined;
    if (signs && signing !== undefined && Buffer.from(key ?? "", "base64").length !== 32)
      return { status: 422, json: { message: { signing_token: ["is invalid"] } } };
    return undefined;
  };
  return [
    [
      "GET",
      /^\/projects\/[^/]+\/hooks$/,
      () => (mayEdit ? { json: hooks.map(shown), headers: { "x-next-page": "" } } : forbidden),
    ],
    [
      "POST",
      /^\/projects\/[^/]+\/hooks$/,
      ({ body }) => {
        const wrong = mayEdit ? checked(body) : forbidden;
        if (wrong) return wrong;
        const hook: StoredHook = { id: hooks.length + 1, ...body };
        hooks.push(hook);
        return { status: 201, json: shown(hook) };
      },
    ],
    [
      "PUT",
      /^\/projects\/[^/]+\/hooks\/(\d+)$/,
      ({ params, body }) => {
        const wrong = mayEdit ? checked(body) : forbidden;
        const hook = hooks.find((each) => each.id === Number(params[0]));
        if (wrong) return wrong;
        if (hook === undefined) return { status: 404, json: { message: "404 Not found" } };
        Object.assign(hook, body);
        return { json: shown(hook) };
      },
    ],
  ];
}
