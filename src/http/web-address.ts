/** Longer ones are no addresses that a person or a browser could use. */
const LONGEST = 2_048;

/**
 * Whether a text may be kept and shown as a link: http(s), with `//`, and without anything that browsers leave out or
 * that turns text around. Another scheme would run in the page that shows it, or in a program of whoever follows it.
 */
export function isWebAddress(text: string): boolean {
  return (
    text.length <= LONGEST &&
    /^https?:\/\/[^\s\\\p{C}]+$/iu.test(text) &&
    URL.canParse(text) &&
    /^https?:$/.test(new URL(text).protocol)
  );
}

/** An address that somebody else names, without slashes at its end; empty where it is none for a browser. */
export function pageAddress(text: string | null | undefined): string {
  return text && isWebAddress(text) ? text.replace(/(?<!\/)\/+$/, "") : "";
}
