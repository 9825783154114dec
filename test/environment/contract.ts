import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type {
  EnvironmentObservation,
  EnvironmentProvider,
  EnvironmentSpec,
} from "#environment/environment.ts";
import { type Behaviour, fakeService, type Hello } from "./fake-service.ts";

export type ContractSubject = {
  /** A provider over the same state as the last one made: as after a crash of the service. */
  readonly create: () => EnvironmentProvider;
  readonly executor: EnvironmentSpec["executor"];
  readonly privileged: boolean;
  /** An environment that has ended is nothing but a record, which stays and is not listed. */
  readonly keepsRecords?: true;
  /** Its last words are in a log somewhere else. */
  readonly keepsLastWords?: true;
  /** Makes the shortest time-out pass within a second, for environments that are started until `calm`. */
  readonly hurry?: () => { readonly calm: () => void };
  /** Where its environments reach this machine. */
  readonly address: string;
  readonly close: () => Promise<void>;
};

/** What every EnvironmentProvider promises, on the real thing. */
export function defineEnvironmentContract(name: string, open: () => Promise<ContractSubject>) {
  describe(`the environment contract, kept by ${name}`, () => {
    let subject: ContractSubject;
    let service: Awaited<ReturnType<typeof fakeService>>;
    const started = new Set<string>();

    beforeAll(async () => {
      subject = await open();
      service = await fakeService();
    });

    afterAll(async () => {
      for (const id of started) await subject.create().stop({ id });
      service.close();
      await subject.close();
    });

    function specify(behaviour: Behaviour, more: Partial<EnvironmentSpec> = {}): EnvironmentSpec {
      const id = `contract-${randomBytes(4).toString("hex")}`;
      started.add(id);
      service.behave(id, behaviour);
      return {
        id,
        pipelineId: 1,
        project: "group/project",
        access: "push",
        executor: subject.executor,
        privileged: subject.privileged,
        capacity: 2,
        runnerTags: [],
        apiUrl: `http://${subject.address}:${service.port}`,
        ticket: `ticket-${randomBytes(8).toString("hex")}`,
        timeoutSeconds: 60,
        ...more,
      };
    }

    async function hello(id: string): Promise<Hello> {
      for (let tries = 0; tries < 600; tries += 1) {
        const first = service.hellos(id)[0];
        if (first) return first;
        await sleep(25);
      }
      const seen = (await subject.create().observe([{ id }])).get(id);
      throw new Error(`The runner of ${id} never came: ${JSON.stringify(seen)}`);
    }

    async function observe(id: string): Promise<EnvironmentObservation> {
      return (await subject.create().observe([{ id }])).get(id) ?? { state: "unknown" };
    }

    async function listed(provider: EnvironmentProvider): Promise<readonly string[]> {
      return (await provider.list()).map(({ id }) => id);
    }

    function gone(): EnvironmentObservation["state"] {
      return subject.keepsRecords ? "ended" : "unknown";
    }

    async function end(id: string): Promise<EnvironmentObservation> {
      for (let tries = 0; tries < 600; tries += 1) {
        const seen = await observe(id);
        if (seen.state === "ended" || seen.state === "unknown") return seen;
        await sleep(25);
      }
      throw new Error(`${id} does not end`);
    }

    test("tells the runner all it needs, and the ticket to nobody else", async () => {
      const spec = specify({
        run: 'ps -eo args 2>/dev/null; grep -rls "$SLIPWAY_TICKET" /slipway "$PWD/.." | sed "s/^/in a file: /"',
      });
      const provider = subject.create();
      const { handle } = await provider.start(spec);
      const { env, output } = await hello(spec.id);
      expect(env).toMatchObject({
        SLIPWAY_URL: spec.apiUrl,
        SLIPWAY_TICKET: spec.ticket,
        SLIPWAY_EXECUTOR: spec.executor,
        SLIPWAY_CAPACITY: "2",
        SLIPWAY_ENVIRONMENT_ID: spec.id,
        SLIPWAY_PRIVILEGED: String(spec.privileged),
        SLIPWAY_EXTRA_HOSTS: "registry.test:10.0.0.1",
        SLIPWAY_PIPELINE_ID: "1",
      });
      expect(env.SLIPWAY_DIRECTORY).toMatch(/^\//);
      expect(output).not.toContain(spec.ticket);
      expect(output).not.toMatch(/^in a file: /m);
      expect(await observe(spec.id)).toEqual({ state: "running", handle });
      expect(await listed(provider)).toContain(spec.id);
    });

    test("a clean end has no problem, and stays until it is cleaned up", async () => {
      const spec = specify({ exit: 0 });
      const provider = subject.create();
      await provider.start(spec);
      expect(await end(spec.id)).toEqual({ state: "ended" });
      if (!subject.keepsRecords) expect(await listed(provider)).toContain(spec.id);
      await provider.stop(spec);
      expect(await observe(spec.id)).toMatchObject({ state: gone() });
      expect(await listed(provider)).not.toContain(spec.id);
    });

    test("another end has its status and last words as the problem", async () => {
      const spec = specify({ exit: 7, say: "the last word" });
      await subject.create().start(spec);
      expect(await end(spec.id)).toEqual({
        state: "ended",
        problem: expect.stringMatching(
          subject.keepsLastWords
            ? /exit status 7.*\n.*log: http/s
            : /exit status 7.*\n.*the last word/s,
        ),
      });
    });

    test("starts once, however often it is asked, by whomever, and also after its end", async () => {
      const spec = specify({ exit: 0 });
      const handles = await Promise.all([1, 2, 3].map(() => subject.create().start(spec)));
      expect(new Set(handles.map(({ handle }) => handle)).size).toBe(1);
      expect(await end(spec.id)).toEqual({ state: "ended" });
      await subject.create().start(spec);
      expect(await end(spec.id)).toEqual({ state: "ended" });
      expect(service.hellos(spec.id)).toHaveLength(1);
    });

    test("ends what does not want to end, with the children that left its session", async () => {
      const spec = specify({ stubborn: true });
      await subject.create().start(spec);
      await hello(spec.id);
      const provider = subject.create();
      await Promise.all([provider.stop(spec), provider.stop(spec)]);
      expect(await observe(spec.id)).toMatchObject({ state: gone() });
      expect(await listed(provider)).not.toContain(spec.id);
      await provider.stop(spec);
    });

    test("ends by itself when its time is over", async () => {
      const spec = specify({}, { timeoutSeconds: 1 });
      const hurry = subject.hurry?.();
      await subject.create().start(spec);
      hurry?.calm();
      expect(await end(spec.id)).toEqual({
        state: "ended",
        problem: expect.stringContaining("ran longer than"),
      });
    });

    test("knows nothing of an id that never was, and stopping it is fine", async () => {
      const provider = subject.create();
      await provider.stop({ id: "contract-never" });
      await provider.stop({ id: "../../etc" });
      expect(await provider.observe([{ id: "contract-never" }, { id: "../x" }])).toEqual(
        new Map([
          ["contract-never", { state: "unknown" }],
          ["../x", { state: "unknown" }],
        ]),
      );
    });

    test("refuses for good what cannot name an environment", async () => {
      await expect(subject.create().start(specify({}, { id: "../x" }))).rejects.toMatchObject({
        name: "EnvironmentStartError",
        permanent: true,
      });
    });
  });
}
