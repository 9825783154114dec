import { type Document, isMap, isScalar, LineCounter, parseDocument } from "yaml";

/** Offset of the key that a problem is about, or of what holds it. */
export function offsetOf(
  document: Document,
  path: readonly PropertyKey[],
  keys: readonly string[],
): number {
  const wanted = [...path.map(String), ...keys.slice(0, 1)];
  let node: unknown = document.contents;
  let offset = 0;
  for (const step of wanted) {
    if (!isMap(node)) break;
    const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === step);
    if (pair === undefined) break;
    if (isScalar(pair.key) && pair.key.range) offset = pair.key.range[0];
    node = pair.value;
  }
  return offset;
}

/** Where a key stands in the text of `slipway.yaml`. */
export function placeOf(
  text: string,
  path: readonly string[],
): { readonly line: number; readonly column: number } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const at = lines.linePos(offsetOf(document, path, []));
  return { line: at.line, column: at.col };
}
