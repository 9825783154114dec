import { displayWidth, harmless } from "./display-width.ts";

const tabStop = 4;

/** One thing to be drawn: what a terminal shows for a grapheme, and how many columns that takes. */
type Cell = { readonly shown: string; readonly width: number };

export type Excerpt = { readonly source: string; readonly caret: string };

/**
 * A line of a file with a caret below the given column (1-based, UTF-16 units), both ready for a terminal
 * of `columns` columns: tabs become spaces, a long line is cut around the caret. Undefined past the end.
 */
export function excerptOf(
  text: string,
  line: number,
  column: number,
  columns: number,
): Excerpt | undefined {
  const written = lineOf(text, line);
  if (written === undefined) return undefined;
  const gutter = `${String(line).padStart(5)} | `;
  const room = Math.max(20, columns - gutter.length);
  const at = Math.min(column - 1, written.length);
  const { shown, caret } = withinRoom(around(written, at, room), room);
  return {
    source: `${gutter}${shown}`,
    caret: `${" ".repeat(gutter.length - 2)}| ${" ".repeat(caret)}^`,
  };
}

function lineOf(text: string, line: number): string | undefined {
  let start = 0;
  for (let passed = 1; passed < line; passed += 1) {
    start = text.indexOf("\n", start) + 1;
    if (start === 0) return undefined;
  }
  const end = text.indexOf("\n", start);
  return text.slice(start, end === -1 ? undefined : end).replace(/\r$/, "");
}

type Part = { readonly before: readonly Cell[]; readonly after: readonly Cell[] };

/** The cells near an offset: a line of a megabyte is not taken apart for a screen's width. */
function around(written: string, at: number, room: number): Part {
  const reach = room * 8;
  const first = Math.max(0, at - reach);
  const before: Cell[] = [];
  const after: Cell[] = [];
  let drawn = 0;
  for (const { segment, index } of new Intl.Segmenter().segment(written.slice(first, at + reach))) {
    const shown = segment === "\t" ? " ".repeat(tabStop - (drawn % tabStop)) : harmless(segment);
    const width = shown === segment ? displayWidth(segment) : shown.length;
    drawn += width;
    // A column inside a grapheme points at the whole.
    const isBefore = first + index + segment.length <= at;
    (isBefore ? before : after).push({ shown, width });
  }
  return { before, after };
}

/** Keeps what fits, the caret within it, and marks with `…` where the line goes on. */
function withinRoom(
  { before, after }: Part,
  room: number,
): { readonly shown: string; readonly caret: number } {
  const isWhole = widthOf(before) + Math.max(1, widthOf(after)) <= room;
  const left = isWhole ? before : fitting(before.toReversed(), Math.floor(room / 2)).toReversed();
  const head = left.length < before.length ? "…" : "";
  const caret = head.length + widthOf(left);
  const right = isWhole ? after : fitting(after, room - caret - 1);
  const tail = right.length < after.length ? "…" : "";
  const shown = [...left, ...right].map((cell) => cell.shown).join("");
  return { shown: `${head}${shown}${tail}`, caret };
}

function fitting(cells: readonly Cell[], room: number): readonly Cell[] {
  let used = 0;
  const end = cells.findIndex(({ width }) => {
    used += width;
    return used > room;
  });
  return end === -1 ? cells : cells.slice(0, end);
}

function widthOf(cells: readonly Cell[]): number {
  return cells.reduce((sum, { width }) => sum + width, 0);
}
