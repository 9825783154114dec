import { type AST, RegExpParser } from "@eslint-community/regexpp";

const candidates = [
  ..."a0A .-_/:;,=+*?!@#$%&()[]{}<>|~^`'\"\\\t\n\r",
  "\x1b",
  "\x9b",
  "\x07",
  "\0",
  "é",
  "日",
];
const mostAlternatives = 6;

/** Texts that the expression nearly matches again and again: each beginning of what it matches, repeated. */
export function worstTexts(regex: RegExp, length: number): readonly string[] {
  const pattern = new RegExpParser().parsePattern(regex.source, undefined, undefined, {
    unicode: regex.unicode,
    unicodeSets: regex.flags.includes("v"),
  });
  const beginnings = new Set<string>(["a", "0", " ", "\n", "/"]);
  for (let choice = 0; choice < mostAlternatives; choice++) {
    for (const alternative of pattern.alternatives) {
      const sample = [...sampleOf(alternative, choice, regex.flags)].slice(0, 60);
      for (const [index, character] of sample.entries()) {
        beginnings.add(character);
        beginnings.add(sample.slice(0, index + 1).join(""));
      }
    }
  }
  return [...beginnings].map(
    (piece) => `${piece.repeat(Math.ceil(length / piece.length)).slice(0, length)}\u0001`,
  );
}

/** A text that this part matches; of several ways the one with this number. */
function sampleOf(
  node: AST.Alternative | AST.Element | AST.Group | AST.CapturingGroup,
  choice: number,
  flags: string,
): string {
  switch (node.type) {
    case "Alternative":
      return node.elements.map((element) => sampleOf(element, choice, flags)).join("");
    case "Group":
    case "CapturingGroup": {
      const chosen = node.alternatives[choice % node.alternatives.length];
      return chosen === undefined ? "" : sampleOf(chosen, choice, flags);
    }
    case "Quantifier": {
      const times = Math.min(Math.max(node.min, 1), 8);
      return sampleOf(node.element, choice, flags).repeat(times);
    }
    case "Character":
    case "CharacterClass":
    case "CharacterSet":
    case "ExpressionCharacterClass":
      return characterOf(node, choice, flags);
    case "Assertion":
    case "Backreference":
      return "";
  }
}

function characterOf(node: AST.Element, choice: number, flags: string): string {
  if (node.type === "Character") return String.fromCodePoint(node.value);
  const one = new RegExp(`^(?:${node.raw})$`, flags.replace(/[gy]/g, ""));
  const fitting = candidates.filter((character) => one.test(character));
  return fitting[choice % Math.max(1, fitting.length)] ?? "";
}
