/** The fields of `T`, where those that may be undefined are absent instead. */
type Defined<T> = {
  readonly [K in keyof T as undefined extends T[K] ? never : K]: T[K];
} & {
  readonly [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** The given fields without those that are undefined, to be spread where an optional field must be absent. */
export function defined<T extends Readonly<Record<string, unknown>>>(fields: T): Defined<T> {
  const present = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present) as Defined<T>;
}
