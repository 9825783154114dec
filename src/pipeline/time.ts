/** Instants as ISO 8601 text with a zone, turned into epoch milliseconds for arithmetic: no clock is read here. */
export function epochMs(instant: string): number {
  return Date.parse(instant);
}

export function instantOf(ms: number): string {
  return new Date(ms).toISOString();
}

export function addSeconds(instant: string, seconds: number): string {
  return instantOf(epochMs(instant) + seconds * 1000);
}

/** Whether `instant` plus `seconds` is now or past; an absent instant never is. */
export function hasPassed(instant: string | undefined, seconds: number, now: string): boolean {
  return instant !== undefined && epochMs(instant) + seconds * 1000 <= epochMs(now);
}

/** The later of two instants, where an absent one is before all others. */
export function later(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return epochMs(a) >= epochMs(b) ? a : b;
}
