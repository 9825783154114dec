import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { isoNow } from "#service/deps.ts";
import type { DataDirectory } from "../data/data-directory.ts";
import type { LocalService } from "../wire/wire-local.ts";
import { buildGitEvent } from "./git-event.ts";
import type { Push } from "./git-host.ts";
import type { PushedRef } from "./git-push.ts";
import { type SentPush, type SignedEvent, sendPush, tellPusher } from "./handle-push.ts";

/** Tells the service about every ref that a push updated, and the pusher what came of it. */
export async function* deliverPush(
  service: LocalService,
  data: DataDirectory,
  push: Pick<Push, "project" | "refs" | "pushOptions" | "user">,
): AsyncIterable<string> {
  const { deps } = service;
  const door = `http://127.0.0.1:${data.config.port}`;
  const { id } = await deps.store.projects.ensure(
    { forge: "local", project: push.project },
    isoNow(deps),
  );
  const signing = { deps, data, projectId: id, token: await service.signingToken(push.project) };
  const sent: SentPush[] = [];
  // All are sent before the first is told of, so that many refs are worked on side by side.
  for (const ref of push.refs) {
    const deliveryId = randomUUID();
    const event = await signedEvent(signing, push, ref, deliveryId);
    if (event === undefined) continue;
    const { project } = push;
    sent.push(await sendPush(deps, door, { project, ref: ref.ref, deliveryId }, event));
  }
  const follow = push.pushOptions.includes("slipway.follow");
  const signIn = `Its page asks you to sign in: any name, and the token in ${data.at("access-token")} as password.`;
  for (const [index, one] of sent.entries()) {
    yield* tellPusher(deps, one, { follow, ...(index === 0 && { signIn }) });
  }
}

/** What all events of one push have in common. */
type Signing = {
  readonly deps: LocalService["deps"];
  readonly data: DataDirectory;
  readonly projectId: number;
  readonly token: string;
};

/** Undefined for refs that are neither branch nor tag. */
async function signedEvent(
  { deps, data, projectId, token }: Signing,
  push: Pick<Push, "project" | "pushOptions" | "user">,
  ref: PushedRef,
  deliveryId: string,
): Promise<SignedEvent | undefined> {
  const url = `${deps.server.url}/${push.project}`;
  return buildGitEvent(
    {
      directory: join(data.at("repositories"), `${push.project}.git`),
      project: { id: projectId, path: push.project, url, cloneUrl: `${url}.git` },
      ref,
      pushOptions: push.pushOptions,
      user: push.user,
    },
    { token, deliveryId, now: deps.now() },
  );
}
