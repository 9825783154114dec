import { type SweepPart, timetable } from "#service/sweep/timetable.ts";
import { removeOldCaches } from "../data/remove-old-caches.ts";

/** The timetable of one machine: what every host sweeps, and what only one machine has to look after. */
export function oneMachineTimetable(own: {
  readonly keepDiskReserve: () => Promise<void>;
  readonly keepRegistry: () => Promise<unknown>;
  readonly keepMetadataClosed: () => Promise<void>;
  /** Path of the directory in which the blobs are. */
  readonly blobs: string;
}): readonly SweepPart[] {
  return [
    ...timetable,
    { name: "reserve on the disk", everySeconds: 3, run: own.keepDiskReserve },
    { name: "registry", everySeconds: 60, run: own.keepRegistry },
    { name: "metadata", everySeconds: 120, run: own.keepMetadataClosed },
    { name: "old caches", everySeconds: 60, run: ({ now }) => removeOldCaches(own.blobs, now()) },
  ];
}
