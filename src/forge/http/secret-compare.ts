import { createHash, timingSafeEqual } from "node:crypto";

/** Compares in constant time; hashing both sides first hides their lengths as well. */
export function sameSecret(expected: string, given: string): boolean {
  return timingSafeEqual(digest(expected), digest(given));
}

function digest(value: string): Buffer {
  return createHash("sha256").update(value, "utf8").digest();
}
