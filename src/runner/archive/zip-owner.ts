/**
 * The owner of an archived file, as its comment: a job whose image runs as another user than root finds its
 * own files again. The libraries know no field for it. Nothing where the owner is who unpacks anyway.
 */
export function ownerComment(owner: { readonly uid: number; readonly gid: number }): string {
  return owner.uid === 0 ? "" : `owner ${owner.uid}:${owner.gid}`;
}

/** Undefined where the archive does not say, or where this program may not give files away. */
export function ownerFromComment(
  comment: string,
): { readonly uid: number; readonly gid: number } | undefined {
  const [, uid, gid] = /^owner (\d{1,10}):(\d{1,10})$/.exec(comment) ?? [];
  if (uid === undefined || gid === undefined || process.getuid?.() !== 0) return undefined;
  const owner = { uid: Number(uid), gid: Number(gid) };
  const largest = 2 ** 32 - 2;
  return owner.uid <= largest && owner.gid <= largest ? owner : undefined;
}
