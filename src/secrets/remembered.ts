export type Remembered<T> = {
  /** Reads again if the cached value is too old, or if `fresh` is set and the last reading is not too recent. */
  readonly get: (name: string, how: { readonly fresh: boolean }) => Promise<T>;
  readonly forget: (name: string) => void;
};

/** What was read by name, for a while; callers who ask at the same time share one reading. */
export function remembered<T>(options: {
  readonly read: (name: string) => Promise<T>;
  readonly keptMilliseconds: (name: string, value: T) => number;
  /** The least time between two readings of one name, however many callers ask for a fresh one. */
  readonly freshMilliseconds: number;
  readonly now: () => number;
}): Remembered<T> {
  const known = new Map<string, { readonly value: T; readonly readAt: number }>();
  const reading = new Map<string, Promise<T>>();

  async function readAgain(name: string): Promise<T> {
    const readAt = options.now();
    const value = await options.read(name);
    known.set(name, { value, readAt });
    return value;
  }

  return {
    get: async (name, { fresh }) => {
      const entry = known.get(name);
      if (entry !== undefined) {
        const age = options.now() - entry.readAt;
        const limit = fresh
          ? options.freshMilliseconds
          : options.keptMilliseconds(name, entry.value);
        if (age < limit) return entry.value;
      }
      const others = reading.get(name);
      if (others !== undefined) return others;
      const mine = readAgain(name).finally(() => reading.delete(name));
      reading.set(name, mine);
      return mine;
    },
    forget: (name) => {
      known.delete(name);
    },
  };
}
