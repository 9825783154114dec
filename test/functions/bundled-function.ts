import { type ChildProcess, fork } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { requestId } from "./lambda-events.ts";

export type BundledFunction = {
  readonly invoke: (event: unknown) => Promise<unknown>;
  /** What it wrote to its standard output and error so far. */
  readonly output: () => string;
  readonly stop: () => Promise<void>;
};

type Reply = { readonly answer?: unknown; readonly failure?: string };

/** Stands in for Lambda's own program, with nothing of ours loaded but the bundle. */
const runtime = `
import dns from "node:dns";
// RFC 6761: names below localhost are this machine, which not every resolver knows.
const { lookup } = dns;
dns.lookup = (name, ...rest) => lookup(name.endsWith(".localhost") ? "127.0.0.1" : name, ...rest);
const { handler } = await import("./main.mjs");
const context = { awsRequestId: ${JSON.stringify(requestId)}, getRemainingTimeInMillis: () => 29_000 };
process.on("message", async (event) => {
  try { process.send({ answer: await handler(event, context) }); }
  catch (error) { process.send({ failure: String(error) }); }
});
process.send({ answer: typeof handler });
`;

/** Runs the bundle in `directory` in a Node process of its own, as it is in Lambda. */
export async function startBundledFunction(
  directory: string,
  environment: Readonly<Record<string, string>>,
): Promise<BundledFunction> {
  const file = join(directory, "runtime.mjs");
  writeFileSync(file, runtime);
  const child = fork(file, {
    env: { PATH: process.env.PATH, ...environment },
    execArgv: ["--enable-source-maps"],
    silent: true,
  });
  let output = "";
  child.stdout?.on("data", (text) => {
    output += String(text);
  });
  child.stderr?.on("data", (text) => {
    output += String(text);
  });
  const started = await reply(child, () => output);
  if (started.answer !== "function") throw new Error("the bundle exports no handler");
  return {
    invoke: async (event) => {
      const replied = reply(child, () => output);
      child.send(JSON.parse(JSON.stringify(event)));
      const { answer, failure } = await replied;
      if (failure !== undefined) throw new Error(failure);
      return answer;
    },
    output: () => output,
    stop: async () => {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill();
      await ended;
    },
  };
}

function reply(child: ChildProcess, output: () => string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const ended = () => reject(new Error(`the function ended: ${output()}`));
    child.once("exit", ended);
    child.once("message", (message: Reply) => {
      child.off("exit", ended);
      resolve(message);
    });
  });
}
