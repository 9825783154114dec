/**
 * Path patterns as GitLab matches them in `rules:changes` and `rules:exists`: Ruby's `File.fnmatch?` with
 * FNM_PATHNAME, FNM_DOTMATCH and FNM_EXTGLOB. `*` and `?` stay inside one directory, a leading `**` + `/`
 * stands for any depth, `[a-z]` and `[^a-z]` are sets, `{a,b}` are alternatives, dotfiles are like others.
 * `names` are the path's parts, for callers that ask about it often.
 */
export type Glob = (path: string, names?: readonly string[]) => boolean;

export type GlobResult =
  | { readonly ok: true; readonly matches: Glob }
  | { readonly ok: false; readonly message: string };

/** Most alternatives that the braces of one pattern may unfold to. */
export const MAX_GLOB_ALTERNATIVES = 1_000;

/** Compiles a pattern; matching takes time proportional to pattern × path at worst. */
export function compileGlob(pattern: string): GlobResult {
  const alternatives = expandBraces(pattern);
  if (!alternatives) {
    const message = `the pattern \`${pattern.slice(0, 80)}\` unfolds to more than ${MAX_GLOB_ALTERNATIVES} alternatives`;
    return { ok: false, message };
  }
  const globs = alternatives.map(compileAlternative);
  return { ok: true, matches: (path, names) => globs.some((glob) => glob(path, names)) };
}

/** Whether a path text is a pattern at all: others are compared as they are. */
export function isGlob(text: string): boolean {
  return /[*?[{\\]/.test(text);
}

function expandBraces(pattern: string): string[] | undefined {
  const done: string[] = [];
  const open = [pattern];
  let length = 0;
  for (let text = open.pop(); text !== undefined; text = open.pop()) {
    const braces = outerBraces(text);
    if (!braces) {
      done.push(text);
    } else {
      const { start, end, commas } = braces;
      const bounds = [start, ...commas, end];
      const parts = bounds.slice(1).map((bound, index) => {
        const part = text.slice((bounds[index] ?? start) + 1, bound);
        return text.slice(0, start) + part + text.slice(end + 1);
      });
      open.push(...parts.reverse());
    }
    length += text.length;
    const count = done.length + open.length;
    if (count > MAX_GLOB_ALTERNATIVES || length > 1_000_000) return undefined;
  }
  return done;
}

function outerBraces(text: string): { start: number; end: number; commas: number[] } | undefined {
  let start = -1;
  let depth = 0;
  let commas: number[] = [];
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charAt(index);
    if (character === "\\") index += 1;
    else if (character === "{") {
      if (depth === 0) {
        start = index;
        commas = [];
      }
      depth += 1;
    } else if (character === "," && depth === 1) commas.push(index);
    else if (character === "}" && depth > 0) {
      depth -= 1;
      if (depth === 0) return { start, end: index, commas };
    }
  }
  return undefined;
}

type Piece =
  | { readonly type: "star" | "any" | "nothing" }
  | { readonly type: "character"; readonly character: string }
  | {
      readonly type: "set";
      readonly negated: boolean;
      readonly ranges: readonly (readonly [string, string])[];
    };

/** One directory level of a pattern: plain text where it has nothing special. */
type Level = string | readonly Piece[] | typeof ANY_DEPTH;
const ANY_DEPTH = Symbol("**/");

function compileAlternative(pattern: string): Glob {
  const texts = pattern.split("/");
  const levels = texts.map((text, index): Level => {
    if (text === "**" && index < texts.length - 1) return ANY_DEPTH;
    return isGlob(text) ? parseLevel(text) : text;
  });
  const [first] = levels;
  const literalStart = typeof first === "string" ? first : "";
  return (path, names) =>
    path.startsWith(literalStart) && matchLevels(levels, names ?? path.split("/"));
}

function matchLevels(levels: readonly Level[], names: readonly string[]): boolean {
  let level = 0;
  let name = 0;
  let retry: { readonly level: number; readonly name: number } | undefined;
  for (;;) {
    while (levels[level] === ANY_DEPTH) {
      level += 1;
      retry = { level, name };
    }
    const wanted = levels[level];
    const found = names[name];
    if (wanted === undefined && found === undefined) return true;
    if (wanted !== undefined && found !== undefined && matchLevel(wanted, found)) {
      level += 1;
      name += 1;
      continue;
    }
    if (!retry || retry.name + 1 >= names.length) return false;
    retry = { level: retry.level, name: retry.name + 1 };
    level = retry.level;
    name = retry.name;
  }
}

function parseLevel(text: string): Piece[] {
  const pieces: Piece[] = [];
  const characters = Array.from(text);
  for (let index = 0; index < characters.length; index += 1) {
    const character = characters[index] ?? "";
    if (character === "*") {
      if (pieces.at(-1)?.type !== "star") pieces.push({ type: "star" });
    } else if (character === "?") {
      pieces.push({ type: "any" });
    } else if (character === "[") {
      const set = parseSet(characters, index + 1);
      pieces.push(set?.piece ?? { type: "nothing" });
      if (!set) return pieces;
      index = set.end;
    } else if (character === "\\" && index + 1 < characters.length) {
      index += 1;
      pieces.push({ type: "character", character: characters[index] ?? "" });
    } else {
      pieces.push({ type: "character", character });
    }
  }
  return pieces;
}

/** The set after a `[`; undefined when it is never closed, which matches nothing. */
function parseSet(
  characters: readonly string[],
  start: number,
): { readonly piece: Piece; readonly end: number } | undefined {
  const negated = characters[start] === "!" || characters[start] === "^";
  const ranges: [string, string][] = [];
  let index = negated ? start + 1 : start;
  const next = (): string | undefined => {
    if (characters[index] === "\\" && index + 1 < characters.length) index += 1;
    const character = characters[index];
    index += 1;
    return character;
  };
  while (index < characters.length) {
    if (characters[index] === "]") {
      return { piece: { type: "set", negated, ranges }, end: index };
    }
    const low = next() ?? "";
    const isRange = characters[index] === "-" && characters[index + 1] !== "]";
    if (isRange) index += 1;
    ranges.push([low, isRange ? (next() ?? "") : low]);
  }
  return undefined;
}

function matchLevel(level: Level, name: string): boolean {
  if (typeof level === "string") return level === name;
  if (typeof level === "symbol") return false;
  // Only names with surrogate pairs have fewer characters than units.
  return matchPieces(level, /[\ud800-\udfff]/.test(name) ? Array.from(name) : name);
}

function matchPieces(pieces: readonly Piece[], characters: string | readonly string[]): boolean {
  let piece = 0;
  let position = 0;
  let retry: { readonly piece: number; readonly position: number } | undefined;
  while (position < characters.length || piece < pieces.length) {
    const wanted = pieces[piece];
    if (wanted?.type === "star") {
      piece += 1;
      retry = { piece, position };
      continue;
    }
    const character = characters[position];
    if (wanted && character !== undefined && matchPiece(wanted, character)) {
      piece += 1;
      position += 1;
      continue;
    }
    if (!retry || retry.position >= characters.length) return false;
    retry = { piece: retry.piece, position: retry.position + 1 };
    piece = retry.piece;
    position = retry.position;
  }
  return true;
}

function matchPiece(piece: Piece, character: string): boolean {
  switch (piece.type) {
    case "any":
      return true;
    case "character":
      return piece.character === character;
    case "set":
      return (
        piece.negated !== piece.ranges.some(([low, high]) => low <= character && character <= high)
      );
    case "star":
    case "nothing":
      return false;
  }
}
