import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fairOrder, type InLine } from "#pipeline/fair-order.ts";

const lines = fc.uniqueArray(
  fc.record({ project: fc.constantFrom("a", "b", "c", "d"), pipelineId: fc.integer({ min: 1 }) }),
  { maxLength: 40, selector: ({ pipelineId }) => pipelineId },
);
const places = fc
  .dictionary(fc.constantFrom("a", "b", "c", "d", "e"), fc.nat(5))
  .map((held) => new Map(Object.entries(held)));

const nobody = { held: new Map<string, number>() };

function names(order: readonly InLine[]): string {
  return order.map(({ project, pipelineId }) => `${project}${pipelineId}`).join(" ");
}

function inLine(project: string, from: number, count: number): readonly InLine[] {
  return Array.from({ length: count }, (_, index) => ({ project, pipelineId: from + index }));
}

describe("the order in which places are given", () => {
  test("goes on after the project that was served last, where all have as much", () => {
    const line = [...inLine("a", 1, 1), ...inLine("b", 2, 1), ...inLine("c", 3, 1)];
    expect(names(fairOrder(line, nobody))).toBe("a1 b2 c3");
    expect(names(fairOrder(line, { ...nobody, lastServed: "a" }))).toBe("b2 c3 a1");
    expect(names(fairOrder(line, { ...nobody, lastServed: "bb" }))).toBe("c3 a1 b2");
    expect(names(fairOrder(line, { ...nobody, lastServed: "c" }))).toBe("a1 b2 c3");
  });

  test("puts one pipeline of a project second, though a thousand of another are older", () => {
    const order = fairOrder([...inLine("a", 1, 1000), ...inLine("b", 5000, 1)], nobody);
    expect(names(order.slice(0, 3))).toBe("a1 b5000 a2");
  });

  test("takes turns", () => {
    const order = fairOrder([...inLine("a", 1, 3), ...inLine("b", 10, 3)], nobody);
    expect(names(order)).toBe("a1 b10 a2 b11 a3 b12");
  });

  test("lets a project catch up with what another one has running", () => {
    const order = fairOrder([...inLine("a", 1, 2), ...inLine("b", 10, 3)], {
      held: new Map([["a", 2]]),
    });
    expect(names(order)).toBe("b10 b11 a1 b12 a2");
  });
});

describe("any line", () => {
  test("is given places completely, each entry once", () => {
    fc.assert(
      fc.property(lines, places, (line, held) => {
        const order = fairOrder(line, { held });
        expect(new Set(order)).toEqual(new Set(line));
        expect(order).toHaveLength(line.length);
      }),
    );
  });

  test("is served within a project from the oldest to the newest", () => {
    fc.assert(
      fc.property(lines, places, (line, held) => {
        for (const name of ["a", "b", "c", "d"]) {
          const ids = fairOrder(line, { held }).flatMap(({ project, pipelineId }) =>
            project === name ? [pipelineId] : [],
          );
          expect(ids).toEqual(ids.toSorted((a, b) => a - b));
        }
      }),
    );
  });

  test("gives no place to a project while one with fewer places waits", () => {
    fc.assert(
      fc.property(lines, places, (line, held) => {
        const has = new Map(held);
        const order = fairOrder(line, { held });
        for (const [index, { project }] of order.entries()) {
          const mine = has.get(project) ?? 0;
          for (const later of order.slice(index + 1)) {
            expect(has.get(later.project) ?? 0).toBeGreaterThanOrEqual(mine);
          }
          has.set(project, mine + 1);
        }
      }),
    );
  });

  test("serves every project within one round, one place at a time and none kept", () => {
    fc.assert(
      fc.property(lines, fc.constantFrom("", "a", "b", "c", "d"), (line, first) => {
        let left: readonly InLine[] = line;
        let lastServed: string = first;
        const projects = new Set(line.map(({ project }) => project));
        const served = new Set<string>();
        for (let turns = 0; turns < projects.size; turns++) {
          const [next] = fairOrder(left, { ...nobody, lastServed });
          left = left.filter((entry) => entry !== next);
          lastServed = next?.project ?? "";
          served.add(lastServed);
        }
        expect(served).toEqual(projects);
      }),
    );
  });

  test("is the same line whatever order it comes in", () => {
    fc.assert(
      fc.property(lines, places, (line, held) => {
        expect(fairOrder(line.toReversed(), { held })).toEqual(fairOrder(line, { held }));
      }),
    );
  });
});
