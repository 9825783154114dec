// GitLab Docs, "CI/CD YAML syntax reference": `extends`. Reverse deep merge: later parents win over earlier
// ones, the job over all. Runs after includes and before `!reference`.

import { limits } from "../limits.ts";
import { keywords } from "./keywords.ts";
import { deepMerge } from "./merge.ts";
import { didYouMean } from "./nearest.ts";
import { child, type Entry, kindOf, type MapNode, mapNode, type Node, tooLarge } from "./node.ts";
import { readStringOrList } from "./read.ts";
import type { Report } from "./report.ts";

/** A job with what its ancestors give, and how many levels of them there are. */
type Extended = { readonly node: MapNode; readonly levels: number };

export function resolveExtends(root: MapNode, report: Report): MapNode {
  const done = new Map<string, Extended | undefined>();
  const entries = new Map<string, Entry>(root.entries);
  let weight = root.weight;
  for (const [name, entry] of root.entries) {
    if (Object.hasOwn(keywords.global, name) || !extendsSomething(entry)) continue;
    const extended = extend(name, []);
    if (extended === undefined) continue;
    weight += extended.node.weight;
    if (weight > limits.configValues) break;
    entries.set(name, { ...entry, value: extended.node });
  }
  const result = mapNode(entries, root.place);
  const problem = tooLarge(weight > limits.configValues ? { ...result, weight } : result);
  if (problem !== undefined) report.error("limit-exceeded", problem, "", root.place);
  return result;

  function extend(name: string, chain: readonly string[]): Extended | undefined {
    const node = root.entries.get(name)?.value;
    if (node?.kind !== "map") return undefined;
    if (done.has(name)) return done.get(name);
    const parents = child(node, "extends");
    const extended =
      parents === undefined ? { node, levels: 0 } : merge(name, node, parents, [...chain, name]);
    done.set(name, extended);
    return extended;
  }

  function merge(
    name: string,
    node: MapNode,
    parents: Node,
    chain: readonly string[],
  ): Extended | undefined {
    const path = `jobs:${name}:extends`;
    const fail = (code: string, message: string) => {
      report.error(code, message, path, parents.place);
      return undefined;
    };
    let base = mapNode(new Map(), node.place);
    let levels = 0;
    for (const parent of readStringOrList({ node: parents, path, report }) ?? []) {
      if (chain.includes(parent)) {
        const cycle = [...chain.slice(chain.indexOf(parent)), parent].join(" → ");
        return fail("circular-extends", `\`extends\` goes round in a circle: ${cycle}.`);
      }
      if (chain.length > limits.extendsLevels) {
        const message = `\`extends\` goes through more than ${limits.extendsLevels} levels, the limit.`;
        return fail("limit-exceeded", message);
      }
      const problem = wrongWith(parent, root);
      if (problem !== undefined) {
        return fail("unknown-job", `\`${name}\` extends \`${parent}\`, which ${problem}`);
      }
      const extended = extend(parent, chain);
      if (extended === undefined) return undefined;
      levels = Math.max(levels, extended.levels + 1);
      base = deepMerge(base, extended.node);
    }
    if (levels > limits.extendsLevels) {
      const message = `\`extends\` goes through more than ${limits.extendsLevels} levels, the limit.`;
      return fail("limit-exceeded", message);
    }
    return { node: deepMerge(base, node), levels };
  }
}

function wrongWith(parent: string, { entries }: MapNode): string | undefined {
  const value = entries.get(parent)?.value;
  if (value !== undefined) return value.kind === "map" ? undefined : `is ${kindOf(value)}, no job.`;
  return `is not defined.${didYouMean(parent, entries.keys())}`;
}

function extendsSomething({ value }: Entry): boolean {
  return value.kind === "map" && child(value, "extends") !== undefined;
}
