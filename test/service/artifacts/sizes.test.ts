import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { s3Blobs } from "#blobs/s3.ts";
import { reportTypes } from "#language/keyword/artifacts.ts";
import type { JobResponse } from "#runner/protocol.ts";
import { openCacheWrite } from "#service/artifacts/cache.ts";
import { confirmUpload, openUpload } from "#service/artifacts/direct-upload.ts";
import { removeExpiredArtifacts } from "#service/artifacts/remove-expired-artifacts.ts";
import { uploadArtifact } from "#service/artifacts/upload-artifacts.ts";
import { bucketName, type S3Double, startS3Double } from "../../aws/s3-double/server.ts";
import { finish, jobOf, push, takeNext } from "../driver.ts";
import { makeWorld, type World } from "../world.ts";

const million = 1_000_000;
/** Of the test's world. */
const limits = { artifacts: 10 * million, cache: 10 * million, caches: 40 * million };

let world: World;
let clock: number;
let pipelineId: number;
let job: JobResponse;

async function start(blobs?: World["deps"]["blobs"], ref = "refs/heads/topic"): Promise<void> {
  clock = Date.now();
  world = await makeWorld({ now: () => clock, ...(blobs && { blobs }) });
  pipelineId = await push(world, "job: {script: [x], timeout: 10h}", { ref });
  job = await takeNext(world, pipelineId);
}

async function* pieces(bytes: number, until?: Promise<void>): AsyncGenerator<Uint8Array> {
  for (let left = bytes; left > 0; left -= million) yield new Uint8Array(Math.min(left, million));
  await until;
}

const request = (type: string, expireIn?: string) => ({
  jobId: job.id,
  token: job.token,
  type,
  format: "gzip" as const,
  ...(expireIn !== undefined && { expireIn }),
});

/** With `sizeBytes` 0 the sender does not say how much comes. */
async function upload(type: string, bytes: number, sizeBytes = bytes, until?: Promise<void>) {
  const file = { name: "f.gz", stream: pieces(bytes, until), ...(sizeBytes > 0 && { sizeBytes }) };
  return (await uploadArtifact(world.deps, request(type), file)).answer;
}

async function save(key: string, bytes: number, sizeBytes?: number) {
  const write = await openCacheWrite(world.deps, job.token, key);
  return write?.store(pieces(bytes), sizeBytes);
}

const total = async (prefix: string) =>
  (await world.deps.blobs.sizes(prefix)).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
const artifacts = () => total(`jobs/${job.id}/artifacts/`);
const caches = () => total("caches/");

const types = reportTypes.filter((type) => type !== "dotenv");

describe("a job that uploads artifacts by its own token", () => {
  beforeEach(() => start());
  afterEach(() => world.close());

  test("uploads known types only", async () => {
    for (const type of ["aaa", "bbb", "trace", "archive2", "constructor", "junit_"]) {
      expect(await upload(type, 10), type).toBe("invalid");
      expect((await openUpload(world.deps, request(type), 10)).answer, type).toBe("invalid");
      expect((await confirmUpload(world.deps, request(type), "f")).answer, type).toBe("invalid");
    }
    expect(await artifacts()).toBe(0);
    for (const type of ["archive", "metadata", ...types])
      expect(await upload(type, 10)).toBe("accepted");
  });

  test.for<[string, number]>([
    ["that it announces", 4 * million],
    ["that it does not announce", 0],
    ["that is larger than it announces", 1 * million],
  ])(
    "has one limit for all of them, whatever it sends at once, with a size %s",
    async ([, size]) => {
      const answers = await Promise.all(types.map((type) => upload(type, 4 * million, size)));
      expect(answers).not.toContain("invalid");
      expect(await artifacts()).toBeLessThanOrEqual(limits.artifacts);
      for (const type of types) await upload(type, 4 * million, size);
      expect(await artifacts()).toBeLessThanOrEqual(limits.artifacts);
    },
  );

  test("holds no more than the limit in uploads that never end", async () => {
    let end = () => {};
    const until = new Promise<void>((resolve) => {
      end = resolve;
    });
    const answered: string[] = [];
    const note = (answer: string) => answered.push(answer);
    const same = Array.from({ length: 8 }, () =>
      upload("archive", 4 * million, 4 * million, until).then(note),
    );
    await vi.waitFor(() => expect(answered).toHaveLength(6), { timeout: 20_000 });
    expect(new Set(answered)).toEqual(new Set(["busy"]));
    expect(await upload("junit", 4 * million)).toBe("too_large");
    end();
    await Promise.all(same);
    expect(await upload("junit", 4 * million)).toBe("accepted");
  });

  test("sends a file again in the place of the one before, and has its room back where one broke off", async () => {
    for (let again = 0; again < 3; again++) {
      expect(await upload("archive", limits.artifacts)).toBe("accepted");
    }
    const broken = (async function* () {
      yield new Uint8Array(million);
      throw new Error("the sender is gone");
    })();
    const file = { name: "f", stream: broken, sizeBytes: limits.artifacts };
    await expect(uploadArtifact(world.deps, request("archive"), file)).rejects.toThrow("gone");
    expect(await upload("archive", limits.artifacts)).toBe("accepted");
  });

  test("loses what it held when it sends nothing for minutes, also to a service that was killed", async () => {
    const stalled = async function* () {
      yield new Uint8Array(million);
      clock += 121_000;
      expect(await upload("junit", 9 * million)).toBe("accepted");
      yield new Uint8Array(million);
    };
    const file = { name: "f", stream: stalled(), sizeBytes: 9 * million };
    await expect(uploadArtifact(world.deps, request("archive"), file)).rejects.toThrow(
      "stood still",
    );
    expect(await artifacts()).toBe(9 * million);
  });

  test("keeps what it held for as long as it goes on sending", async () => {
    const slow = async function* () {
      for (let sent = 0; sent < 9; sent++) {
        clock += 100_000;
        yield new Uint8Array(million);
      }
      expect(await upload("junit", 2 * million)).toBe("too_large");
    };
    const file = { name: "f", stream: slow(), sizeBytes: 9 * million };
    expect(await uploadArtifact(world.deps, request("archive"), file)).toEqual({
      answer: "accepted",
    });
  });

  test("uploads so often at most, since each upload leaves a mark", async () => {
    for (let made = 0; made < 195; made++) {
      await world.deps.store.reservations.count(`job/${job.id}`);
    }
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) => upload(String(types[index]), 1)),
    );
    expect(answers.filter((answer) => answer === "accepted")).toHaveLength(5);
    expect(answers.filter((answer) => answer === "invalid")).toHaveLength(5);
    expect(await world.deps.blobs.list("artifact-expiry/")).toHaveLength(5);
  });

  test("that is sent again to be kept for ever is kept", async () => {
    await uploadArtifact(world.deps, request("archive", "1 hour"), {
      name: "f",
      stream: pieces(5),
    });
    await uploadArtifact(world.deps, request("archive", "never"), { name: "f", stream: pieces(5) });
    await world.settle();
    await finish(world, job, "failed");
    clock += 2 * 3_600_000;
    await removeExpiredArtifacts(world.deps);
    expect(await artifacts()).toBe(5);
  });
});

describe("a job that saves caches by its own token", () => {
  beforeEach(() => start());
  afterEach(() => world.close());

  test("has one limit for all keys, and the oldest make room", async () => {
    for (let key = 0; key < 30; key++) {
      expect(await save(`k${key}-non_protected`, 4 * million, 4 * million)).toBe("stored");
      expect(await caches()).toBeLessThanOrEqual(limits.caches);
    }
    const left = await world.deps.blobs.list("caches/");
    expect(left).toHaveLength(10);
    expect(left.at(-1)).toContain("k29-");
  });

  test("passes it neither with many at once nor without saying how much comes", async () => {
    for (const size of [4 * million, undefined]) {
      await Promise.all(
        Array.from({ length: 25 }, (_, key) =>
          save(`${size}/${key}-non_protected`, 4 * million, size),
        ),
      );
      expect(await caches()).toBeLessThanOrEqual(limits.caches);
    }
  });

  test("has as many keys as may be, however small", async () => {
    for (let key = 0; key < 1_000; key++) {
      await world.deps.blobs.put(`caches/group/app/-/s${key}-non_protected`, new Uint8Array(1));
    }
    for (const key of ["more", `long${"x".repeat(900)}`]) {
      expect(await save(`${key}-non_protected`, 1, 1)).toBe("stored");
      expect(await world.deps.blobs.list("caches/")).toHaveLength(1_000);
    }
  }, 60_000);

  test("takes no room from the caches of protected refs", async () => {
    const main = { key: "precious-protected", bytes: 9 * million };
    await world.deps.blobs.put(`caches/group/app/-/${main.key}`, new Uint8Array(main.bytes));
    for (let key = 0; key < 12; key++) await save(`k${key}-non_protected`, 9 * million);
    const found = await world.deps.blobs.sizes("caches/");
    expect(found.find(({ key }) => key.endsWith(main.key))?.sizeBytes).toBe(main.bytes);
    expect(await caches()).toBeLessThanOrEqual(limits.caches + main.bytes);
  });
});

describe("a job that gets addresses of S3", () => {
  let s3: S3Double;
  beforeEach(async () => {
    s3 = await startS3Double();
    await start(s3Blobs({ client: s3.client, bucket: bucketName }));
  });
  afterEach(async () => {
    await world.close();
    await s3.close();
  });

  async function put(
    upload: { readonly url: string; readonly headers: Readonly<Record<string, string>> },
    bytes: number,
  ): Promise<void> {
    const body = new Uint8Array(bytes);
    expect((await fetch(upload.url, { method: "PUT", headers: upload.headers, body })).status).toBe(
      200,
    );
  }

  test("gets none for artifacts beyond the limit, before and after others are written", async () => {
    const opened = await Promise.all(
      types.map((type) => openUpload(world.deps, request(type), 4 * million)),
    );
    const direct = opened.flatMap((one) => (one.answer === "direct" ? [one.upload] : []));
    expect(direct).toHaveLength(2);
    for (const upload of direct) await put(upload, 4 * million);
    clock += 3 * 3_600_000;
    for (const type of types) await openUpload(world.deps, request(type), 4 * million);
    expect(await artifacts()).toBeLessThanOrEqual(limits.artifacts);
    const all = await Promise.all(
      types.map((type) => openUpload(world.deps, request(type), 3 * million)),
    );
    expect(all.filter(({ answer }) => answer === "direct").length).toBeLessThanOrEqual(2);
  });

  test("leaves nothing behind that it wrote and did not confirm", async () => {
    const opened = await openUpload(world.deps, request("archive"), million);
    if (opened.answer !== "direct") throw new Error(opened.answer);
    await put(opened.upload, million);
    await finish(world, job, "failed");
    clock += 31 * 24 * 3_600_000;
    await removeExpiredArtifacts(world.deps);
    expect(await artifacts()).toBe(0);
    expect((await jobOf(world, pipelineId, "job")).artifacts).toBeUndefined();
  });

  test("gets them for as many caches as fit, whether it writes to them or not", async () => {
    const ask = async (key: string) => {
      const write = await openCacheWrite(world.deps, job.token, `${key}-non_protected`);
      return write?.direct(9 * million);
    };
    const answers = await Promise.all(Array.from({ length: 12 }, (_, key) => ask(`k${key}`)));
    const direct = answers.flatMap((one) => (typeof one === "object" ? [one] : []));
    expect(direct).toHaveLength(4);
    expect(await ask("more")).toBe("full");
    for (const upload of direct) await put(upload, 9 * million);
    expect(await caches()).toBe(36 * million);
    expect(await ask("more")).toBe("full");
    clock += 3 * 3_600_000;
    const later = await ask("more");
    if (typeof later !== "object") throw new Error(String(later));
    await put(later, 9 * million);
    expect(await caches()).toBeLessThanOrEqual(limits.caches);
  });
});
