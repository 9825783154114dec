import { describe, expect, test } from "vitest";
import { jobPaths, jobSecrets, resolveVariables } from "#runner/executor/variables.ts";
import { JobFailure } from "#runner/job-failure.ts";
import { aJob, variable } from "../support/jobs.ts";

const NOWHERE = { repoUrl: "http://host/x.git", sha: "a".repeat(40) };

describe("resolveVariables", () => {
  const paths = { files: "/builds/g/p.tmp" };

  test("a later definition wins, and what the runner knows wins over all", () => {
    const sent = [variable("A", "old"), variable("A", "new"), variable("CI_PROJECT_DIR", "x")];
    const { get, list } = resolveVariables(sent, { CI_PROJECT_DIR: "/builds/g/p" }, paths);
    expect(get("A")).toBe("new");
    expect(get("CI_PROJECT_DIR")).toBe("/builds/g/p");
    expect(list.map(({ key }) => key)).toEqual(["A", "CI_PROJECT_DIR"]);
  });

  test("values are expanded with what the runner knows, raw ones are not", () => {
    const sent = [variable("A", "$DIR/a"), variable("B", "$DIR/b", { raw: true })];
    const { get } = resolveVariables(sent, { DIR: "/d" }, paths);
    expect(get("A")).toBe("/d/a");
    expect(get("B")).toBe("$DIR/b");
  });

  test("a value that grows beyond the limit fails the job by its name", () => {
    const sent = [variable("LONG", "x".repeat(600_000)), variable("TWICE", "$LONG$LONG")];
    const resolve = () => resolveVariables(sent, {}, paths);
    expect(resolve).toThrow(JobFailure);
    expect(resolve).toThrow(/^TWICE: the expanded value is longer than the limit of 1048576/);
  });

  test("a file variable holds the path of a file with its value", () => {
    const sent = [variable("KEY", "a $secret\n", { file: true }), variable("USE", "$KEY")];
    const { get, files } = resolveVariables(sent, {}, paths);
    expect(get("KEY")).toBe("/builds/g/p.tmp/KEY");
    expect(get("USE")).toBe("/builds/g/p.tmp/KEY");
    expect(files).toEqual([{ name: "KEY", content: "a $secret\n" }]);
  });

  test("no file is written for a file variable that a later one replaces", () => {
    const sent = [variable("KEY", "old", { file: true }), variable("KEY", "plain")];
    const { get, files } = resolveVariables(sent, {}, paths);
    expect(get("KEY")).toBe("plain");
    expect(files).toEqual([]);
  });

  test("what is a secret or holds one is confidential, a short masked word in another is not", () => {
    const sent = [
      variable("PLAIN", "plain"),
      variable("MASKED", "masked-value", { masked: true }),
      variable("PRIVATE", "private", { public: false }),
      variable("HOLDER", "https://user:$MASKED@host"),
      variable("SHORT", "ai", { masked: true }),
      variable("HOLDS_SHORT", "plain"),
      variable("FILE", "content", { file: true, masked: true, public: false }),
    ];
    const { list } = resolveVariables(sent, {}, paths);
    const confidential = list.filter((one) => one.confidential).map(({ key }) => key);
    expect(confidential).toEqual(["MASKED", "PRIVATE", "HOLDER", "SHORT"]);
  });

  test("a file variable's name cannot lead out of its directory", () => {
    const sent = [variable("../../etc/x", "y", { file: true })];
    const { files } = resolveVariables(sent, {}, paths);
    expect(files).toEqual([{ name: ".._.._etc_x", content: "y" }]);
  });
});

describe("jobPaths", () => {
  test("the project lies below the builds directory, its files beside it", () => {
    expect(jobPaths(aJob(NOWHERE), "/work/builds/0")).toMatchObject({
      project: "/work/builds/0/group/project",
      files: "/work/builds/0/group/project.tmp",
    });
  });

  test.for(["../x", "a/../../b", "a//b", "", "a/./b"])("the path %j is refused", (path) => {
    const job = aJob(NOWHERE);
    const hostile = { ...job, job_info: { ...job.job_info, project_full_path: path } };
    expect(() => jobPaths(hostile, "/builds")).toThrow(/cannot be a directory/);
  });
});

test("secrets are the masked values, tokens, passwords, and these as HTTP sends them", () => {
  const job = aJob(
    { ...NOWHERE, repoUrl: "http://user:pass%2Fword@host/x.git" },
    {
      variables: [
        variable("SECRET", "masked-value", { masked: true }),
        variable("MULTI", "first line\nsecond line", { masked: true }),
        variable("FILE", "content of a file", { masked: true, file: true }),
        variable("OPEN", "open-value"),
      ],
      credentials: [{ type: "registry", url: "r", username: "ci", password: "registry-pass" }],
    },
  );
  const resolved = resolveVariables(job.variables, {}, { files: "/f" });
  const secrets = jobSecrets(job, resolved);
  expect(secrets).toEqual(
    expect.arrayContaining([
      job.token,
      "masked-value",
      "second line",
      "content of a file",
      "registry-pass",
      Buffer.from("ci:registry-pass").toString("base64"),
      "pass/word",
      Buffer.from("user:pass/word").toString("base64"),
    ]),
  );
  expect(secrets).not.toContain("open-value");
  expect(secrets).not.toContain("/f/FILE");
});

test("names that the service keeps hold no secret, whatever variable it came through", () => {
  const sent = [
    variable("SECRET", "masked-value", { masked: true }),
    variable("LONGER", "masked-value-and-more", { masked: true }),
    // The service has expanded it.
    variable("AROUND", "x-masked-value"),
  ];
  const { expand, expandName } = resolveVariables(sent, {}, { files: "/f" });
  expect(expand("k-$SECRET")).toBe("k-masked-value");
  for (const [text, name] of [
    ["k-$SECRET", "k-[MASKED]"],
    ["$LONGER", "[MASKED]"],
    ["${AROUND}.zip", "x-[MASKED].zip"],
    ["masked-value", "[MASKED]"],
    ["plain", "plain"],
  ] as const) {
    expect(expandName(text)).toBe(name);
  }
});
