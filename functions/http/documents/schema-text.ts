import type { JsonSchema } from "./openapi.ts";

/** A link to where the page tells of the schema with this name. */
export function heading(name: string): string {
  return `[${name}](#${name.toLowerCase()})`;
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), `|${"---|".repeat(head.length)}`, ...rows.map(line)].join("\n");
}

/**
 * Rows of a table about an object's fields: name, what `more` gives for it, type, meaning. The fields of an object
 * inside stand below it, as `outer.inner`.
 */
export function fieldRows(
  { properties = {}, required = [] }: JsonSchema,
  more?: (name: string) => string,
  before = "",
): readonly (readonly string[])[] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    if (typeof schema === "boolean") return [];
    const own = `${before}${name}`;
    const row = [
      `\`${own}\`${required.includes(name) ? "" : "?"}`,
      ...(more === undefined ? [] : [more(name)]),
      typeText(schema),
      meaning(schema),
    ];
    const inner = innerObject(schema);
    const suffix = schema.type === "array" ? "[]." : ".";
    return [row, ...(inner === undefined ? [] : fieldRows(inner, undefined, `${own}${suffix}`))];
  });
}

function innerObject(schema: JsonSchema): JsonSchema | undefined {
  if (schema.type === "object") return schema;
  const { items } = schema;
  return schema.type === "array" && typeof items === "object" && !Array.isArray(items)
    ? innerObject(items)
    : undefined;
}

function meaning({ description, default: usual }: JsonSchema): string {
  const otherwise = usual === undefined ? undefined : `\`${String(usual)}\` when left out.`;
  return [description, otherwise].filter((part) => part !== undefined).join(" ");
}

/** The type in a few words. */
export function typeText(schema: JsonSchema): string {
  if (schema.$ref !== undefined) return heading(schema.$ref.split("/").at(-1) ?? "");
  if (schema.const !== undefined) return `\`${String(schema.const)}\``;
  if (schema.enum !== undefined)
    return schema.enum.map((value) => `\`${String(value)}\``).join(" ");
  switch (schema.type) {
    case "array":
      return `list of ${itemText(schema)}`;
    case "object":
      return schema.additionalProperties ? "texts by name" : "object";
    case "integer":
      return `whole number${rangeText(schema)}`;
    case "string":
      return "text";
    default:
      return String(schema.type ?? "anything");
  }
}

function itemText({ items }: JsonSchema): string {
  if (typeof items !== "object" || Array.isArray(items)) return "anything";
  const text = typeText(items);
  return text === "text" || text === "object" ? `${text}s` : text;
}

function rangeText({ minimum, maximum }: JsonSchema): string {
  if (minimum !== undefined && maximum !== undefined) return `, ${minimum} to ${maximum}`;
  return minimum === undefined ? "" : `, ${minimum} or more`;
}
