import { isSameProject } from "#pipeline/project-key.ts";
import type { DataDirectory } from "../data/data-directory.ts";
import type { LocalService } from "../wire/wire-local.ts";
import { deliverPush } from "./deliver-push.ts";
import type { PushedRef } from "./git-push.ts";

const zeros = "0".repeat(40);

/**
 * Finds refs that moved without the service hearing of it (it was killed between git's update and the
 * event) by comparing every project's refs with those last seen, and delivers them now.
 */
export async function sweepLostPushes(service: LocalService, data: DataDirectory): Promise<void> {
  const { deps } = service;
  const user = { id: 0, login: "slipway", name: "Slipway", email: "slipway@localhost" };
  for (const project of await deps.store.projects.list()) {
    if (project.forge !== "local") continue;
    const client = deps.forges.get("local")?.client(project.project);
    const present = (await client?.listRefs()) ?? [];
    const seen = await deps.store.projects.seenRefs(project);
    const moved = present.filter(({ ref, sha }) => seen[ref] !== sha);
    if (moved.length === 0) continue;
    // After the refs: what was pushed and told of meanwhile is among them.
    const unfinished = await deps.store.deliveries.listUnfinished();
    const known = new Set(
      unfinished
        .filter((delivery) => isSameProject(delivery, project))
        .flatMap(({ events }) => events)
        .map((event) => ("ref" in event && "sha" in event ? `${event.ref} ${event.sha}` : "")),
    );
    const refs = moved
      .filter(({ ref, sha }) => !known.has(`${ref} ${sha}`))
      .map(({ ref, sha }): PushedRef => ({ ref, before: seen[ref] ?? zeros, after: sha }));
    if (refs.length === 0) continue;
    deps.log("warn", "found pushes that were never delivered", {
      project: project.project,
      refs: refs.length,
    });
    for await (const _ of deliverPush(service, data, {
      project: project.project,
      refs,
      pushOptions: [],
      user,
    })) {
      // Nobody is there to be told.
    }
  }
}
