/** The word closest to a misspelt one, or undefined when none is close (three typing errors, fewer in short words). */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  if (word.length > 60) return undefined;
  let best: string | undefined;
  let least = word.length < 4 ? 1 : word.length < 7 ? 2 : 3;
  const plain = word.toLowerCase().replaceAll("-", "_");
  for (const candidate of known) {
    if (Math.abs(candidate.length - plain.length) > least) continue;
    const distance = typingErrors(plain, candidate.toLowerCase().replaceAll("-", "_"));
    if (distance < least || (distance === least && best === undefined)) {
      best = candidate;
      least = distance;
    }
  }
  return best;
}

/** ` Did you mean …?` for the end of a sentence about a word that is none of these; empty when none is close. */
export function didYouMean(word: string, known: Iterable<string>): string {
  const guess = nearest(word, known);
  return guess === undefined ? "" : ` Did you mean \`${guess}\`?`;
}

/** Damerau–Levenshtein distance: letters put in, left out, replaced, or swapped with their neighbour. */
function typingErrors(left: string, right: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const same = left[row - 1] === right[column - 1];
      let distance = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      );
      const swapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      if (swapped && row > 1 && column > 1) {
        distance = Math.min(distance, (beforeLast[column - 2] ?? 0) + 1);
      }
      current.push(distance);
    }
    beforeLast = last;
    last = current;
  }
  return last[right.length] ?? 0;
}
