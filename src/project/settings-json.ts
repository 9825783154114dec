import type { Settings } from "./parse-settings.ts";

/** Settings as JSON: for programs that start often and need not read YAML and check it each time. */
export function settingsToJson(settings: Settings): string {
  return JSON.stringify(settings, (_, value: unknown) =>
    value instanceof Map ? { [mapKey]: [...value] } : value,
  );
}

/** Only for what `settingsToJson` of the same version wrote: nothing is checked again. */
export function settingsFromJson(text: string): Settings {
  const settings: Settings = JSON.parse(text, (_, value: unknown) =>
    typeof value === "object" && value !== null && mapKey in value && Array.isArray(value[mapKey])
      ? new Map(value[mapKey])
      : value,
  );
  return settings;
}

/** No setting has such a name. */
const mapKey = "\u0000map";
