/** Who holds a resource group, and who waits for it in order of asking. */
export type Turns = { readonly holder?: number; readonly waiting: readonly number[] };

/** Returns the same object when nothing changes. */
export function acquireTurn(turns: Turns, jobId: number): Turns {
  if (turns.holder === undefined) {
    const [first = jobId, ...rest] = [...turns.waiting, jobId];
    return { holder: first, waiting: rest };
  }
  if (turns.holder === jobId || turns.waiting.includes(jobId)) return turns;
  return { ...turns, waiting: [...turns.waiting, jobId] };
}

/** The next in line holds it afterwards. Returns the same object when nothing changes. */
export function releaseTurn(turns: Turns, jobId: number): Turns {
  if (turns.holder !== jobId) {
    if (!turns.waiting.includes(jobId)) return turns;
    return { ...turns, waiting: turns.waiting.filter((waiting) => waiting !== jobId) };
  }
  const [next, ...waiting] = turns.waiting;
  return next === undefined ? { waiting } : { holder: next, waiting };
}
