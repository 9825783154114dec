/** One value of a secret, with the time from which it is the newest. */
export type SecretValue = { readonly value: string; readonly addedAt: string };

/** After a rotation the value before stays valid for so long, so that whoever still uses it can follow. */
export const keptMilliseconds = 24 * 3600 * 1000;

/**
 * What a secret's text holds, newest first: `{"values": […]}` as Slipway writes it, or a plain value as
 * somebody set it by hand. Undefined for any other JSON object.
 */
export function parseSecretText(text: string, setAt: string): readonly SecretValue[] | undefined {
  const plain = text.trim();
  if (!plain.startsWith("{")) return plain === "" ? [] : [{ value: plain, addedAt: setAt }];
  try {
    const parsed: unknown = JSON.parse(plain);
    if (typeof parsed !== "object" || parsed === null || !("values" in parsed)) return undefined;
    const { values } = parsed;
    return Array.isArray(values) && values.every(isSecretValue) ? values : undefined;
  } catch {
    // The parser's message would quote the text.
    return undefined;
  }
}

export function secretText(values: readonly SecretValue[]): string {
  return JSON.stringify({ values });
}

/** The newest, and those that were the newest until less than a day ago. */
export function stillValid(
  values: readonly SecretValue[],
  nowMilliseconds: number,
): readonly SecretValue[] {
  return values.filter((_, index) => {
    const successor = values[index - 1];
    if (successor === undefined) return true;
    return nowMilliseconds < Date.parse(successor.addedAt) + keptMilliseconds;
  });
}

function isSecretValue(value: unknown): value is SecretValue {
  return (
    typeof value === "object" &&
    value !== null &&
    "value" in value &&
    typeof value.value === "string" &&
    value.value !== "" &&
    "addedAt" in value &&
    typeof value.addedAt === "string" &&
    !Number.isNaN(Date.parse(value.addedAt))
  );
}
