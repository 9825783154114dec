import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { isoNow } from "#service/deps.ts";
import type { DataDirectory } from "./data-directory.ts";
import { buildGitEvent } from "./git-event.ts";
import type { Push } from "./git-host.ts";
import type { PushedRef } from "./git-push.ts";
import { type SentPush, type SignedEvent, sendPush, tellPusher } from "./handle-push.ts";
import type { LocalService } from "./wire-local.ts";

/** Tells the service about every ref that a push updated, and the pusher what came of it. */
export async function* deliverPush(
  service: LocalService,
  data: DataDirectory,
  push: Pick<Push, "project" | "refs" | "pushOptions" | "user">,
): AsyncIterable<string> {
  const door = `http://127.0.0.1:${data.config.port}`;
  await service.deps.store.projects.ensure("local", push.project, isoNow(service.deps));
  const sent: SentPush[] = [];
  // All are sent before the first is told of, so that many refs are worked on side by side.
  for (const ref of push.refs) {
    const deliveryId = randomUUID();
    const event = await signedEvent(service, data, push, ref, deliveryId);
    if (event === undefined) continue;
    const { project } = push;
    sent.push(await sendPush(service.deps, door, { project, ref: ref.ref, deliveryId }, event));
  }
  const follow = push.pushOptions.includes("slipway.follow");
  for (const one of sent) yield* tellPusher(service.deps, one, { follow });
}

/** Undefined for refs that are neither branch nor tag. */
async function signedEvent(
  service: LocalService,
  data: DataDirectory,
  push: Pick<Push, "project" | "pushOptions" | "user">,
  ref: PushedRef,
  deliveryId: string,
): Promise<SignedEvent | undefined> {
  const { deps } = service;
  const project = await deps.store.projects.ensure("local", push.project, isoNow(deps));
  const url = `${deps.server.url}/${push.project}`;
  return buildGitEvent(
    {
      directory: join(data.at("repositories"), `${push.project}.git`),
      project: { id: project.id, path: push.project, url, cloneUrl: `${url}.git` },
      ref,
      pushOptions: push.pushOptions,
      user: push.user,
    },
    { token: await service.signingToken(push.project), deliveryId, now: deps.now() },
  );
}
