import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** What a scripted runner does after it has told the service its variables. */
export type Behaviour = {
  readonly say?: string;
  /** Ends with this status; without it the runner goes on until it is stopped. */
  readonly exit?: number;
  /** Ignores SIGTERM and has a child in a session of its own that does as well. */
  readonly stubborn?: boolean;
  /** A shell command that is run first. */
  readonly run?: string;
};

export type Hello = {
  readonly env: Record<string, string | undefined>;
  readonly pid: number;
  readonly output: string;
};

/**
 * The program that stands for the runner in these tests: no dependencies, so that it runs in any
 * environment; asks the service what to do.
 */
export const SCRIPTED_RUNNER = `
import { spawn, spawnSync } from "node:child_process";
const post = (path, body) => fetch(process.env.SLIPWAY_URL + path, { method: "POST", body: JSON.stringify(body) });
const answer = await post("/behaviour", { id: process.env.SLIPWAY_ENVIRONMENT_ID });
const behaviour = await answer.json();
let output = "";
if (behaviour.run) {
  const ran = spawnSync("bash", ["-c", behaviour.run], { encoding: "utf8" });
  output = ran.stdout + ran.stderr;
}
if (behaviour.say) console.log(behaviour.say);
if (behaviour.stubborn) {
  process.on("SIGTERM", () => {});
  spawn("bash", ["-c", "trap '' TERM; while :; do sleep 1; done"], { detached: true, stdio: "ignore" }).unref();
} else {
  process.on("SIGTERM", () => process.exit(0));
}
await post("/hello", { env: process.env, pid: process.pid, output });
if (behaviour.exit === undefined) setInterval(() => {}, 1000);
else process.exit(behaviour.exit);
`;

/** A service for scripted runners, which listens on all of this machine's addresses. */
export async function fakeService() {
  const behaviours = new Map<string, Behaviour>();
  const hellos = new Map<string, Hello[]>();
  const server: Server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const body = JSON.parse(Buffer.concat(chunks).toString());
    if (incoming.url === "/behaviour") {
      outgoing.end(JSON.stringify(behaviours.get(body.id) ?? { exit: 0 }));
    } else {
      const id = body.env.SLIPWAY_ENVIRONMENT_ID;
      hellos.set(id, [...(hellos.get(id) ?? []), body]);
      outgoing.end("{}");
    }
  });
  await new Promise<void>((done) => server.listen(0, "0.0.0.0", done));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    behave: (id: string, behaviour: Behaviour) => behaviours.set(id, behaviour),
    hellos: (id: string) => hellos.get(id) ?? [],
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
