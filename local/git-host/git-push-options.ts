const repeatable = new Set(["ci.variable", "ci.input"]);

type Value = true | string | Readonly<Record<string, number>>;

/**
 * Push options as GitLab's push events carry them: by namespace and key, values of repeatable ones
 * counted (`{ci: {skip: true, variable: {"K=V": 1}}}`). What has no namespace is left out, as there.
 */
export function nestPushOptions(
  options: readonly string[],
): Readonly<Record<string, Readonly<Record<string, Value>>>> {
  const namespaces = new Map<string, Map<string, Value>>();
  for (const option of options) {
    const [, namespace, key, value] = /^([a-z_]+)\.([a-z_]+)(?:=(.*))?$/s.exec(option) ?? [];
    if (namespace === undefined || key === undefined) continue;
    const keys = namespaces.get(namespace) ?? new Map<string, Value>();
    namespaces.set(namespace, keys);
    keys.set(key, merged(keys.get(key), value, repeatable.has(`${namespace}.${key}`)));
  }
  return Object.fromEntries(
    [...namespaces].map(([namespace, keys]) => [namespace, Object.fromEntries(keys)]),
  );
}

function merged(before: Value | undefined, value: string | undefined, repeats: boolean): Value {
  if (value === undefined) return before ?? true;
  if (!repeats) return value;
  const counted = new Map(typeof before === "object" ? Object.entries(before) : []);
  counted.set(value, (counted.get(value) ?? 0) + 1);
  return Object.fromEntries(counted);
}
