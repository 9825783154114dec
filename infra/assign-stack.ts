import { sha256Hex } from "#language/sha256.ts";

/** The stack, from 1, that holds a project. It follows from the project's path alone: no other project moves it. */
export function stackNumberOf(projectPath: string, stacks: number): number {
  return (Number.parseInt(sha256Hex(projectPath.toLowerCase()).slice(0, 8), 16) % stacks) + 1;
}
