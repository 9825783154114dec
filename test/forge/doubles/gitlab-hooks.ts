import * as z from "zod/mini";
import type { Reply, Route } from "./api-server.ts";

const hookBody = z.looseObject({ url: z.string() });
export type StoredHook = z.infer<typeof hookBody> & { id: number };

/** An attempt to deliver, as GitLab's list of webhook events shows it; newest first. */
export type HookEvent = {
  readonly id: number;
  readonly request_headers: Readonly<Record<string, string>>;
  readonly request_data: unknown;
  readonly response_status: string;
};

const forbidden: Reply = { status: 403, json: { message: "403 Forbidden" } };

/** GitLab's project webhooks: secrets go in and never come out. */
export function gitlabHookRoutes(options: {
  readonly hooks: StoredHook[];
  readonly events: readonly HookEvent[];
  /** Ids of the events that were sent again. */
  readonly resent: number[];
  /** What our service answers GitLab's requests for trial. */
  readonly trial: { status: number };
  readonly signs: boolean;
  readonly mayEdit: boolean;
}): readonly Route[] {
  const { hooks, signs, mayEdit, events, resent, trial } = options;
  const shown = ({ token, signing_token, ...hook }: StoredHook) => ({
    ...hook,
    alert_status: hook.alert_status ?? "executable",
    disabled_until: hook.disabled_until ?? null,
    token_present: token !== undefined,
    ...(signs ? { signing_token_present: signing_token !== undefined } : {}),
  });
  const checked = ({ signing_token: signing }: z.infer<typeof hookBody>): Reply | undefined => {
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
        const asked = hookBody.parse(body);
        const wrong = mayEdit ? checked(asked) : forbidden;
        if (wrong) return wrong;
        const hook: StoredHook = { id: hooks.length + 1, ...asked };
        hooks.push(hook);
        return { status: 201, json: shown(hook) };
      },
    ],
    [
      "PUT",
      /^\/projects\/[^/]+\/hooks\/(\d+)$/,
      ({ params, body }) => {
        const asked = hookBody.parse(body);
        const wrong = mayEdit ? checked(asked) : forbidden;
        const hook = hooks.find((each) => each.id === Number(params[0]));
        if (wrong) return wrong;
        if (hook === undefined) return { status: 404, json: { message: "404 Not found" } };
        Object.assign(hook, asked);
        return { json: shown(hook) };
      },
    ],
    [
      "GET",
      /^\/projects\/[^/]+\/hooks\/\d+\/events$/,
      ({ query }) => {
        if (!mayEdit) return forbidden;
        const size = Number(query.get("per_page") ?? 20);
        if (size > 20)
          return { status: 400, json: { error: "per_page does not have a valid value" } };
        const page = Number(query.get("page") ?? 1);
        return { json: events.slice((page - 1) * size, page * size) };
      },
    ],
    [
      "POST",
      /^\/projects\/[^/]+\/hooks\/\d+\/events\/(\d+)\/resend$/,
      ({ params }) => {
        const event = events.find(({ id }) => id === Number(params[0]));
        if (!mayEdit) return forbidden;
        if (event === undefined) return { status: 404, json: { message: "404 Not found" } };
        if (resent.length >= 5) return { status: 429, headers: { "retry-after": "60" } };
        resent.push(event.id);
        return { status: 201, json: { response_status: 200 } };
      },
    ],
    [
      "POST",
      /^\/projects\/[^/]+\/hooks\/(\d+)\/test\/push_events$/,
      ({ params }) => {
        const hook = hooks.find((each) => each.id === Number(params[0]));
        if (!mayEdit || hook === undefined) return forbidden;
        if (trial.status >= 300) return { status: 422, json: { message: "Hook execution failed" } };
        hook.alert_status = "executable";
        return { status: 201, json: { message: "201 Created" } };
      },
    ],
  ];
}
