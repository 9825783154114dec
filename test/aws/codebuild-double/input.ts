import { invalidInput } from "./rejection.ts";

/** A JSON object of a request, of whose members nothing is known yet. */
export type Input = Readonly<Record<string, unknown>>;

export function object(value: unknown): Input {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : {};
}

export function text(input: Input, name: string): string | undefined {
  const value = input[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw invalidInput(`${name} must be a string`);
  return value;
}

export function requiredText(input: Input, name: string): string {
  const value = text(input, name);
  if (!value)
    throw invalidInput(`1 validation error detected: Value at '${name}' must not be null`);
  return value;
}

export function wholeNumber(input: Input, name: string, least: number, most: number) {
  const value = input[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "number" || !Number.isInteger(value) || value < least || value > most) {
    throw invalidInput(
      `Invalid ${name}: must be an integer between ${least} and ${most}, not ${value}`,
    );
  }
  return value;
}

export function flag(input: Input, name: string): boolean | undefined {
  const value = input[name];
  return typeof value === "boolean" ? value : undefined;
}

export function list(input: Input, name: string): readonly unknown[] {
  const value = input[name];
  return Array.isArray(value) ? value : [];
}

export function texts(input: Input, name: string, most: number): readonly string[] {
  const values = list(input, name).filter((value) => typeof value === "string");
  if (values.length === 0) throw invalidInput(`${name}: at least one is needed`);
  if (values.length > most) throw invalidInput(`${name}: at most ${most} are allowed`);
  return values;
}
