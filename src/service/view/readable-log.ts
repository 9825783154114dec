import { colorsAfter, reset } from "#terminal/colors.ts";
import { logText } from "#terminal/readable.ts";

export type ReadableLog = {
  /** What these bytes add; a character or sequence that they cut waits for the next ones. */
  readonly add: (bytes: Uint8Array) => string;
  /** What is left, and the end of all colours. */
  readonly end: () => string;
};

/** The log of one job as a terminal may show it, from its bytes as they come. */
export function readableLog(options: { readonly colors: boolean }): ReadableLog {
  const { colors } = options;
  const decoder = new TextDecoder();
  let rest = "";
  let inForce = "";
  const show = (more: string, end: boolean): string => {
    const shown = logText(rest + more, { colors, end });
    rest = shown.rest;
    inForce = colorsAfter(shown.text, inForce);
    return shown.text;
  };
  return {
    add: (bytes) => show(decoder.decode(bytes, { stream: true }), false),
    end: () => {
      const last = show(decoder.decode(), true);
      return inForce === "" ? last : last + reset;
    },
  };
}
