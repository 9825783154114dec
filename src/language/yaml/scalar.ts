// Types of plain scalars as GitLab's YAML loader (Ruby's Psych, YAML 1.1 types) gives them, so that
// `DEBUG: yes` is "true" and `VERSION: 1.10` is "1.1" in a job as they are there. Left out: Ruby symbols.
import { type Place, type ScalarNode, scalarNode } from "../tree/node.ts";

const integer = /^[-+]?(?:0b[01_,]+|0[0-7_,]+|0x[0-9a-fA-F_,]+|0|[1-9](?:[0-9]|[,_][0-9])*)$/;
const float = /^[-+]?(?:[0-9][0-9_,]*)?\.[0-9]*(?:[eE][-+][0-9]+)?$/;
const sexagesimal = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9]){1,2}$/;

/** A scalar without quotes or tag. */
export function plainScalar(source: string, place: Place): ScalarNode {
  const first = source.charCodeAt(0);
  const numeric = first >= 0x2b && first <= 0x39;
  if (source === "" || source === "~") return scalarNode(null, "", place);
  if (source.length <= 5 && !numeric) {
    const word = source.toLowerCase();
    if (word === "null") return scalarNode(null, "", place);
    if (word === "true" || word === "yes" || word === "on") return scalarNode(true, "true", place);
    if (word === "false" || word === "no" || word === "off") {
      return scalarNode(false, "false", place);
    }
  }
  return (numeric ? number(source, place) : undefined) ?? scalarNode(source, source, place);
}

/** Whether an unquoted text is a date or a time to GitLab's loader, which refuses both. */
export function isDate(source: string): boolean {
  const [, year, month, day, time] = dateOrTime.exec(source) ?? [];
  if (year === undefined) return false;
  const days = [31, isLeap(Number(year)) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  return time !== undefined || Number(day) <= (days[Number(month) - 1] ?? 0);
}

const dateOrTime =
  /^(\d{4})-(0?[1-9]|1[0-2])-(0?[1-9]|[12]\d|3[01])([Tt ]\s*\d{1,2}:\d\d:\d\d(?:\.\d*)?\s*(?:Z|[-+]\d{1,2}:?(?:\d\d)?)?)?$/;

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

function number(source: string, place: Place): ScalarNode | undefined {
  if (integer.test(source)) {
    const exact = wholeNumber(source);
    return exact === undefined ? undefined : scalarNode(Number(exact), exact.toString(), place);
  }
  if (float.test(source) && /[0-9]/.test(source)) {
    const value = Number(source.replaceAll(/[_,]/g, ""));
    return scalarNode(value, rubyFloat(value), place);
  }
  if (sexagesimal.test(source)) {
    const value = base60(source);
    return scalarNode(value, String(value), place);
  }
  return undefined;
}

function wholeNumber(source: string): bigint | undefined {
  const digits = source.replaceAll(/[_,+-]/g, "");
  if (digits === "" || digits === "0b" || digits === "0x" || digits.length > 100) return undefined;
  const octal = /^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits;
  const magnitude = BigInt(octal);
  return source.startsWith("-") ? -magnitude : magnitude;
}

function base60(source: string): number {
  const magnitude = source
    .replaceAll(/[_+-]/g, "")
    .split(":")
    .reduce((total, part) => total * 60 + Number(part), 0);
  return source.startsWith("-") ? -magnitude : magnitude;
}

/** Ruby's `Float#to_s`: always with a point, an exponent from 1e16 up and below 1e-4. */
function rubyFloat(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? "Infinity" : "-Infinity";
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e16 || size < 1e-4)) {
    const [digits = "", exponent = ""] = value.toExponential().split("e");
    const sign = exponent.startsWith("-") ? "-" : "+";
    const mantissa = digits.includes(".") ? digits : `${digits}.0`;
    return `${mantissa}e${sign}${exponent.slice(1).padStart(2, "0")}`;
  }
  return Number.isInteger(value) ? `${value}.0` : String(value);
}
