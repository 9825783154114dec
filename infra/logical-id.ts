import { sha256Hex } from "#language/sha256.ts";

const wordsLength = 60;

/** Letters and digits that tell projects apart and can be read: `GroupApp1a2b3c4d`. The same for ever. */
export function logicalId(projectPath: string): string {
  const path = projectPath.toLowerCase();
  const words = path
    .split(/[^a-z0-9]+/)
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join("");
  return words.slice(0, wordsLength) + sha256Hex(path).slice(0, 8);
}
