import type { StoredBlob } from "#blobs/blobs.ts";
import type { Reservation, Reserved } from "#store/reservation-store.ts";

/** A place for blobs with a limit: the files of a job, the caches of a project. */
export type Room = {
  /** Whose room: the key of its reservations. */
  readonly scope: string;
  /** The blobs in it are those whose keys begin and end so. */
  readonly prefix: string;
  readonly suffix: string;
  readonly limitBytes: number;
  readonly limitBlobs: number;
};

/** What is in a room, and what was promised to uploads that may be under way. */
export type Occupied = {
  readonly stored: readonly (StoredBlob & { readonly name: string })[];
  readonly reserved: readonly (Reservation & { readonly way: UploadWay })[];
};

/**
 * `direct`: to an address of the blob store, any number of times while it is good, each time as a whole. `stream`:
 * through the service, which has the bytes beside those that are stored until all are there.
 */
export type UploadWay = "direct" | "stream";

/** An item holds them all, so they are bounded. */
const mostReservations = 1_000;

export type Free = {
  /** Bytes that the blob of this name may have. */
  readonly bytes: number;
  /** The same, once other uploads of this very blob have ended. */
  readonly bytesLater: number;
};

/** What is left for one blob. What it replaces does not count against it. */
export function freeFor(room: Room, occupied: Occupied, name: string): Free {
  const others = new Map<string, number>();
  const take = (of: string, bytes: number) => others.set(of, Math.max(others.get(of) ?? 0, bytes));
  for (const { name: of, sizeBytes } of occupied.stored) if (of !== name) take(of, sizeBytes);
  let own = 0;
  let streamed = 0;
  for (const { name: of, bytes, way } of occupied.reserved) {
    if (way === "direct") {
      if (of !== name) take(of, bytes);
    } else if (of === name) own += bytes;
    else {
      streamed += bytes;
      take(of, 0);
    }
  }
  const isCrowded = others.size >= room.limitBlobs || occupied.reserved.length >= mostReservations;
  const bytesLater = isCrowded
    ? -1
    : room.limitBytes - streamed - [...others.values()].reduce((sum, bytes) => sum + bytes, 0);
  return { bytes: bytesLater - own, bytesLater };
}

/** Those that still count. */
export function liveReservations(reserved: Reserved, now: number): Reserved {
  return Object.fromEntries(Object.entries(reserved).filter(([, { until }]) => until > now));
}
