/**
 * Runs tasks side by side; the first that fails aborts the others. Settles only when all have, so that
 * nothing of theirs goes on behind the caller's clean-up.
 */
export async function together<T>(
  stop: AbortSignal,
  tasks: (signal: AbortSignal) => readonly Promise<T>[],
): Promise<T[]> {
  const failed = new AbortController();
  const failures: unknown[] = [];
  const running = tasks(AbortSignal.any([stop, failed.signal])).map((task) =>
    task.catch((error: unknown) => {
      failures.push(error);
      failed.abort(error);
      throw error;
    }),
  );
  const settled = await Promise.allSettled(running);
  if (failures.length > 0) throw failures[0];
  return settled.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
}
