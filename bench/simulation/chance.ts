/** Repeatable chance: what happens to a thing depends on its name alone, not on what else happened before. */
export type Chance = {
  /** 0 to 1. */
  readonly of: (name: string) => number;
  readonly happens: (name: string, probability: number) => boolean;
  readonly between: (name: string, least: number, most: number) => number;
};

export function chanceOf(seed: number): Chance {
  const of = (name: string): number => {
    let hash = (seed ^ 0x811c9dc5) >>> 0;
    for (let index = 0; index < name.length; index += 1) {
      hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193) >>> 0;
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return ((hash ^ (hash >>> 16)) >>> 0) / 4_294_967_296;
  };
  return {
    of,
    happens: (name, probability) => of(name) < probability,
    between: (name, least, most) => least + of(name) * (most - least),
  };
}
