import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stsCaller } from "#environment/codebuild/sts-caller.ts";
import type { CallerClaim } from "#environment/environment.ts";
import { callerIdentity } from "#runner/aws/caller-identity.ts";
import type { BuildRecord } from "../../aws/codebuild-double/build.ts";
import { openCodebuild, roleOf } from "../../aws/codebuild-double/open-codebuild.ts";

let opened: Awaited<ReturnType<typeof openCodebuild>>;
const builds: BuildRecord[] = [];

beforeAll(async () => {
  opened = await openCodebuild({ address: "127.0.0.1", readSource: async () => Buffer.alloc(0) });
  opened.double.knobs.provisioningMilliseconds = 3_600_000;
  for (const id of ["p7-e1", "p7-e2"]) {
    const spec = {
      id,
      pipelineId: 7,
      project: "group/app",
      access: "push",
      executor: "shell",
      privileged: false,
      capacity: 1,
      runnerTags: [],
      apiUrl: "https://slipway.test",
      ticket: "ticket",
      timeoutSeconds: 600,
    } as const;
    const { handle } = await opened.create().start(spec);
    const build = opened.double.builds.get(handle);
    if (build) builds.push(build);
  }
});
afterAll(() => opened.close());

function verify(region = opened.double.place.region, endpoint = opened.double.url) {
  return stsCaller({ region, endpoint, serviceRole: roleOf });
}

/** As the runner in that build signs it for an environment. */
async function proofOf(build: BuildRecord | undefined, environmentId: string): Promise<string> {
  const env = {
    AWS_REGION: opened.double.place.region,
    AWS_ENDPOINT_URL_STS: opened.double.url,
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${opened.double.url}${build?.credentialsPath}`,
  };
  return (await callerIdentity(env, environmentId)) ?? "";
}

function claim(more: Partial<CallerClaim> = {}): CallerClaim {
  return {
    environmentId: "p7-e1",
    handle: builds[0]?.id ?? "",
    project: "group/app",
    access: "push",
    ...more,
  };
}

test("the build that was started for the environment is believed", async () => {
  expect(await verify()(claim({ caller: await proofOf(builds[0], "p7-e1") }))).toBeUndefined();
});

test("another build is not, and it is said which", async () => {
  const problem = await verify()(claim({ caller: await proofOf(builds[1], "p7-e1") }));
  expect(problem).toContain(`AWSCodeBuild-${builds[1]?.uuid}, not arn:`);
});

test("a session of that name in another role is not", async () => {
  const caller = await proofOf(builds[0], "p7-e1");
  expect(await verify()(claim({ caller, access: "pull" }))).toContain("project-pull");
});

test.for<[string, (proof: string) => string | undefined, RegExp]>([
  ["nothing at all", () => undefined, /did not say who it is/],
  ["no address", () => "hello", /no presigned GetCallerIdentity/],
  ["another host", (proof) => proof.replace("127.0.0.1", "localhost"), /no presigned/],
  ["another path", (proof) => proof.replace("/?", "/latest/meta-data?"), /no presigned/],
  ["another action", (proof) => proof.replace("GetCallerIdentity", "AssumeRole"), /no presigned/],
  ["a second action", (proof) => `${proof}&Action=AssumeRole`, /no presigned/],
  ["a parameter too many", (proof) => `${proof}&RoleArn=x`, /no presigned/],
  ["a user in the address", (proof) => proof.replace("://", "://user@"), /no presigned/],
  ["a far too long address", (proof) => `${proof}&X-Amz-A=${"a".repeat(9000)}`, /no presigned/],
  [
    "a changed signature",
    (proof) => proof.replace(/.$/, (last) => (last === "0" ? "1" : "0")),
    /STS does not accept/,
  ],
])("refuses %s", async ([, change, problem]) => {
  const caller = change(await proofOf(builds[0], "p7-e1"));
  const answer = await verify()(claim(caller === undefined ? {} : { caller }));
  expect(answer).toMatch(problem);
});

test("a proof that was signed for another environment is worth nothing", async () => {
  const caller = await proofOf(builds[0], "p7-e2");
  expect(await verify()(claim({ caller }))).toMatch(/STS does not accept/);
});

test("STS that is away is no refusal: the runner asks again", async () => {
  const server = createServer((_, response) => response.writeHead(503).end());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const endpoint = `http://127.0.0.1:${port}`;
  const caller = (await proofOf(builds[0], "p7-e1")).replace(opened.double.url, endpoint);
  const verifyThere = verify("eu-central-1", endpoint);
  await expect(verifyThere(claim({ caller }))).rejects.toThrow("STS answers 503");
  server.close();
});

test("the regional endpoint of AWS is asked unless told otherwise, and no other", async () => {
  const there = stsCaller({ region: "eu-central-1", serviceRole: roleOf });
  const caller = await proofOf(builds[0], "p7-e1");
  expect(await there(claim({ caller }))).toContain("https://sts.eu-central-1.amazonaws.com");
});

test("an environment without a role of AWS has nothing to say", async () => {
  expect(await callerIdentity({ AWS_REGION: "eu-central-1" }, "p7-e1")).toBeUndefined();
});
