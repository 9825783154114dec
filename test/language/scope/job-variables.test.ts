import { describe, expect, test } from "vitest";
import { type JobVariablesRequest, jobVariables } from "#language/scope/job-variables.ts";
import type { Variable } from "#language/variables.ts";
import { branch, JOB_IDENTITY, plannedJob, pushFacts } from "../sample-facts.ts";

function request(changes: Partial<JobVariablesRequest> = {}): JobVariablesRequest {
  return {
    facts: pushFacts(),
    identity: { id: 42, iid: 5, url: "https://x/42", createdAt: "2026-01-02T03:04:06Z" },
    job: plannedJob(),
    jobIdentity: JOB_IDENTITY,
    projectVariables: [],
    pipelineVariables: [],
    ...changes,
  };
}

function variablesOf(changes: Partial<JobVariablesRequest>): Map<string, Variable> {
  const result = jobVariables(request(changes));
  if ("error" in result) throw new Error(result.error);
  return new Map(result.variables.map((variable) => [variable.key, variable]));
}

const set = (key: string, value: string): Variable => ({ key, value });
const yaml = (...variables: Variable[]) => ({ job: plannedJob({ variables }) });

describe("the variables that a runner gets", () => {
  test("each key once", () => {
    const result = jobVariables(
      request(yaml(set("CI_COMMIT_SHA", "x"), set("A", "1"), set("A", "2"))),
    );
    const keys = "error" in result ? [] : result.variables.map(({ key }) => key);
    expect(keys.length).toBeGreaterThan(60);
    expect(new Set(keys).size).toBe(keys.length);
  });

  const sources: [string, (value: Variable) => Partial<JobVariablesRequest>][] = [
    ["the configuration", (variable) => yaml(variable)],
    ["dotenv reports", (variable) => ({ dotenv: [variable] })],
    ["the project", (variable) => ({ projectVariables: [variable] })],
    ["the pipeline", (variable) => ({ pipelineVariables: [variable] })],
    ["the played manual job", (variable) => ({ manualVariables: [variable] })],
  ];

  test.for(sources.map(([name], index) => [name, index] as const))(
    "%s wins over all before it in GitLab's order",
    ([, winner]) => {
      const given = sources.slice(0, winner + 1).map(([name, make]) => make(set("WHO", name)));
      const merged = Object.assign({}, ...given) as Partial<JobVariablesRequest>;
      expect(variablesOf(merged).get("WHO")?.value).toBe(sources[winner]?.[0]);
    },
  );

  test("a variable of the configuration wins over a predefined one", () => {
    expect(variablesOf(yaml(set("CI_REGISTRY", "mine"))).get("CI_REGISTRY")?.value).toBe("mine");
  });

  test("but not over the user's", () => {
    expect(variablesOf(yaml(set("GITLAB_USER_LOGIN", "eve"))).get("GITLAB_USER_LOGIN")?.value).toBe(
      "ada",
    );
  });

  test.for([
    [
      "$CI_REGISTRY_IMAGE:$CI_COMMIT_REF_SLUG",
      "registry.example.com:5000/group/sub/my_project:feature-my-thing",
    ],
    [
      "$CI_REGISTRY_IMAGE/app:${CI_COMMIT_SHORT_SHA}",
      "registry.example.com:5000/group/sub/my_project/app:01234567",
    ],
    ["$CI_PROJECT_DIR/out", "$CI_PROJECT_DIR/out"],
    ["$CI_COMMIT_TITLE", "$CI_COMMIT_TITLE"],
    ["$CI_JOB_ID-$CI_PIPELINE_IID", "4200001-5"],
    ["$FROM_PROJECT", "p"],
    ["${FROM_PROJECT}$$HOME", "p$$HOME"],
    ["$NOWHERE", "$NOWHERE"],
  ])("%j in the configuration becomes %j", ([value = "", expected]) => {
    const found = variablesOf({
      facts: pushFacts(branch("feature/My_Thing")),
      projectVariables: [set("FROM_PROJECT", "p")],
      ...yaml(set("IMAGE", value)),
    });
    expect(found.get("IMAGE")?.value).toBe(expected);
  });

  test("flags of a project's variables are kept, and a reference to a file stays", () => {
    const found = variablesOf({
      projectVariables: [
        { key: "KEY", value: "k$ey", raw: true, masked: true, public: false },
        { key: "KUBECONFIG", value: "apiVersion: v1", file: true, public: false },
      ],
      ...yaml(set("USE", "$KUBECONFIG")),
    });
    expect(found.get("KEY")).toEqual({
      key: "KEY",
      value: "k$ey",
      raw: true,
      masked: true,
      public: false,
    });
    expect(found.get("KUBECONFIG")).toMatchObject({ file: true, value: "apiVersion: v1" });
    expect(found.get("USE")?.value).toBe("$KUBECONFIG");
  });

  test("a commit message that looks like references is harmless", () => {
    const commit = { ...pushFacts().commit, message: "$CI_COMMIT_TITLE $CI_COMMIT_MESSAGE" };
    const found = variablesOf({ facts: pushFacts({ commit }) });
    expect(found.get("CI_COMMIT_MESSAGE")?.value).toBe("$CI_COMMIT_TITLE $CI_COMMIT_MESSAGE");
  });

  test("a circle is an error that names the variables", () => {
    expect(jobVariables(request(yaml(set("A", "$B"), set("B", "$A"))))).toEqual({
      error: "circular variable reference detected: [A, B]",
    });
  });

  test("the slug of an environment is that of its expanded name", () => {
    const deploymentEnvironment = {
      name: "review/$CI_COMMIT_REF_SLUG",
      url: "https://$CI_ENVIRONMENT_SLUG.example.com",
      action: "start",
    } as const;
    const found = variablesOf({
      facts: pushFacts(branch("feature/a")),
      job: plannedJob({ deploymentEnvironment }),
    });
    const slug = found.get("CI_ENVIRONMENT_SLUG")?.value;
    expect(found.get("CI_ENVIRONMENT_NAME")?.value).toBe("review/feature-a");
    expect(slug).toMatch(/^review-feature-a-[0-9a-z]{6}$/);
    expect(found.get("CI_ENVIRONMENT_URL")?.value).toBe(`https://${slug}.example.com`);
  });

  test("without an environment there is no variable of one", () => {
    expect([...variablesOf({}).keys()].filter((key) => key.startsWith("CI_ENVIRONMENT"))).toEqual(
      [],
    );
  });
});
