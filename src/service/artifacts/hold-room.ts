import type { Reserved } from "#store/reservation-store.ts";
import type { Host, Ports } from "../deps.ts";
import { freeFor, liveReservations, type Occupied, type Room, type UploadWay } from "./room.ts";
import { UploadStoodStill } from "./upload-stood-still.ts";

/** An address is good for 15 minutes, and an upload that began in time may end later. */
const directMilliseconds = 2 * 3_600_000;
/** An upload through the service renews its hold; without a byte for so long it has lost it. */
const streamMilliseconds = 120_000;
const busyAttempts = 20;
const busyMilliseconds = 250;

export type RoomDeps = Pick<Ports, "store" | "blobs"> & Pick<Host, "now" | "hash" | "randomToken">;

export type Wanted = {
  readonly key: string;
  /** Undefined for an upload that does not say: it gets what is left, at most `mostBytes`. */
  readonly bytes: number | undefined;
  readonly mostBytes: number;
};

/** Room that nobody else is given. */
export type Hold = {
  readonly bytes: number;
  /** The stream, which fails once the hold is lost. */
  readonly guard: (stream: AsyncIterable<Uint8Array>) => AsyncGenerator<Uint8Array>;
  /** For a stream that has ended, well or not, after what it brought is stored. */
  readonly release: () => Promise<void>;
};

/** `full`: it does not fit. `busy`: it will, once another upload of the same blob has ended. */
export type NoRoom = "full" | "busy";

/**
 * Holds room for one upload. What is stored and what others hold never passes the room's limits together; while
 * a blob is replaced it may be there twice. Waits a few seconds for another upload of the same blob, since a client that
 * lost its connection is back before the service knows that it was gone.
 */
export async function holdRoom(
  deps: RoomDeps,
  room: Room,
  wanted: Wanted,
  way: UploadWay,
): Promise<Hold | NoRoom> {
  for (let attempt = 1; ; attempt++) {
    const held = await tryToHold(deps, room, wanted, way);
    if (held !== "busy" || attempt >= busyAttempts) return held;
    await new Promise((resolve) => setTimeout(resolve, busyMilliseconds));
  }
}

async function tryToHold(
  deps: RoomDeps,
  room: Room,
  wanted: Wanted,
  way: UploadWay,
): Promise<Hold | NoRoom> {
  const name = nameOf(deps, wanted.key);
  const id = `${way}/${way === "direct" ? name : deps.randomToken().slice(0, 22)}`;
  let answer: number | NoRoom = "full";
  await deps.store.reservations.change(room.scope, async (present) => {
    const live = liveReservations(present, deps.now());
    answer = allot(room, await occupiedBy(deps, room, live), name, wanted);
    if (typeof answer !== "number") return undefined;
    const bytes = Math.max(answer, live[id]?.bytes ?? 0);
    return { ...live, [id]: { name, bytes, until: deps.now() + lifeOf[way] } };
  });
  return typeof answer === "number" ? holdOf(deps, room, id, answer) : answer;
}

/** Whether an upload would get room now. */
export async function lookForRoom(
  deps: RoomDeps,
  room: Room,
  wanted: Wanted,
): Promise<"room" | NoRoom> {
  const live = liveReservations(await deps.store.reservations.get(room.scope), deps.now());
  const occupied = await occupiedBy(deps, room, live);
  const answer = allot(room, occupied, nameOf(deps, wanted.key), wanted);
  return typeof answer === "number" ? "room" : answer;
}

const lifeOf = { direct: directMilliseconds, stream: streamMilliseconds } as const;

function allot(room: Room, occupied: Occupied, name: string, wanted: Wanted): number | NoRoom {
  const free = freeFor(room, occupied, name);
  const least = wanted.bytes ?? 1;
  if (least > free.bytesLater) return "full";
  if (least > free.bytes) return "busy";
  return wanted.bytes ?? Math.min(free.bytes, wanted.mostBytes);
}

/** Read after the reservations: an upload that ended meanwhile is in one of the two. */
async function occupiedBy(deps: RoomDeps, room: Room, live: Reserved): Promise<Occupied> {
  const blobs = await deps.blobs.sizes(room.prefix);
  return {
    stored: blobs
      .filter(({ key }) => key.endsWith(room.suffix))
      .map((blob) => ({ ...blob, name: nameOf(deps, blob.key) })),
    reserved: Object.entries(live).map(([id, reservation]) => ({
      ...reservation,
      way: id.startsWith("direct/") ? "direct" : "stream",
    })),
  };
}

export function nameOf(deps: Pick<Host, "hash">, key: string): string {
  return deps.hash(key).slice(0, 32);
}

function holdOf(deps: RoomDeps, room: Room, id: string, bytes: number): Hold {
  const { reservations } = deps.store;
  let until = deps.now() + streamMilliseconds;

  async function renew(): Promise<void> {
    const now = deps.now();
    let isHeld = false;
    await reservations.change(room.scope, async (present) => {
      const live = liveReservations(present, now);
      const own = live[id];
      isHeld = own !== undefined;
      return own && { ...live, [id]: { ...own, until: now + streamMilliseconds } };
    });
    if (!isHeld) throw new UploadStoodStill("The upload stood still for too long. Send it again.");
    until = now + streamMilliseconds;
  }

  return {
    bytes,
    guard: async function* (stream) {
      for await (const chunk of stream) {
        if (deps.now() > until - streamMilliseconds / 2) await renew();
        yield chunk;
      }
    },
    release: async () => {
      await reservations.change(room.scope, async (present) => {
        const { [id]: _, ...others } = present;
        return others;
      });
    },
  };
}
