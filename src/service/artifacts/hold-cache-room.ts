import {
  type Hold,
  holdRoom,
  type NoRoom,
  nameOf,
  type RoomDeps,
  type Wanted,
} from "./hold-room.ts";
import { liveReservations, type Room, type UploadWay } from "./room.ts";

/**
 * Holds room for a cache. Where there is none the caches go that were saved longest ago, until there is: a cache may
 * be lost at any time, and what a key of a former lock file or branch left is of no use.
 */
export async function holdCacheRoom(
  deps: RoomDeps,
  room: Room,
  wanted: Wanted,
  way: UploadWay,
): Promise<Hold | NoRoom> {
  for (const stored of [...(await oldestFirst(deps, room)), undefined]) {
    const hold = await holdRoom(deps, room, wanted, way);
    if (hold !== "full" || stored === undefined) return hold;
    if (stored !== wanted.key) await deps.blobs.delete(stored);
  }
  return "full";
}

/** Without those to which an upload may be under way, since removing them makes no room. */
async function oldestFirst(deps: RoomDeps, room: Room): Promise<readonly string[]> {
  const reserved = await deps.store.reservations.get(room.scope);
  const held = new Set(
    Object.values(liveReservations(reserved, deps.now())).map(({ name }) => name),
  );
  return (await deps.blobs.sizes(room.prefix))
    .filter(({ key }) => key.endsWith(room.suffix) && !held.has(nameOf(deps, key)))
    .sort((a, b) => a.changedAt - b.changedAt)
    .map(({ key }) => key);
}
