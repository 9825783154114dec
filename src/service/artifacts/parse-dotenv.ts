import type { Variable } from "#language/variables.ts";

const limits = { bytes: 5 * 1024, variables: 150, keyCharacters: 255 } as const;

/**
 * Reads an `artifacts:reports:dotenv` file. GitLab Docs, "artifacts:reports:dotenv": `KEY=value` lines, no
 * comments, no empty lines, no quoting, no values of several lines; of equal keys the last one counts.
 */
export function parseDotenv(
  bytes: Uint8Array,
): { readonly variables: readonly Variable[] } | { readonly error: string } {
  if (bytes.byteLength > limits.bytes) {
    return { error: `A dotenv report has at most ${limits.bytes} bytes.` };
  }
  const variables = new Map<string, Variable>();
  for (const [index, line] of linesOf(decode(bytes)).entries()) {
    const at = line.indexOf("=");
    const key = line.slice(0, at).trim();
    if (at === -1) return { error: `Line ${index + 1} of the dotenv report is not KEY=value.` };
    if (!/^[A-Za-z0-9_]+$/.test(key) || key.length > limits.keyCharacters) {
      return {
        error: `Line ${index + 1} of the dotenv report: a key has letters, digits and \`_\` only.`,
      };
    }
    variables.delete(key);
    variables.set(key, { key, value: line.slice(at + 1).trim(), public: false });
  }
  if (variables.size > limits.variables) {
    return { error: `A dotenv report has at most ${limits.variables} variables.` };
  }
  return { variables: [...variables.values()] };
}

/** UTF-8, or what PowerShell writes: UTF-16 with a byte order mark. */
function decode(bytes: Uint8Array): string {
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : "utf-8";
  return new TextDecoder(encoding).decode(bytes);
}

function linesOf(text: string): readonly string[] {
  const lines = text.split(/\r?\n/);
  return lines.at(-1) === "" ? lines.slice(0, -1) : lines;
}
