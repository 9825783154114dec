import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runtimeScript } from "#local/setup/engine/engine-runtime.ts";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "runtime-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** Runs the script with `echo` in runc's place and gives what it says and the specification after it. */
function start(specification: unknown, args: (file: string) => string[], lacking: string[]) {
  const bundle = join(directory, "a bundle");
  mkdirSync(bundle, { recursive: true });
  const file = join(bundle, "config.json");
  writeFileSync(file, JSON.stringify(specification));
  const script = join(directory, "runtime");
  writeFileSync(script, runtimeScript("/bin/echo", lacking), { mode: 0o755 });
  const said = execFileSync(script, args(bundle), { encoding: "utf8" }).trimEnd();
  return { said, after: JSON.parse(readFileSync(file, "utf8")) };
}

const create = (bundle: string) => ["--root", "/r", "create", "--bundle", bundle, "id"];
const capabilities = (...names: string[]) => ({
  bounding: names,
  effective: names,
  permitted: names,
});

describe("the capability-dropping runtime", () => {
  test.for([
    { place: "first", before: ["CAP_SYS_RESOURCE", "CAP_KILL"], after: ["CAP_KILL"] },
    { place: "last", before: ["CAP_KILL", "CAP_SYS_RESOURCE"], after: ["CAP_KILL"] },
    {
      place: "in the middle",
      before: ["CAP_KILL", "CAP_SYS_RESOURCE", "CAP_CHOWN"],
      after: ["CAP_KILL", "CAP_CHOWN"],
    },
    { place: "alone", before: ["CAP_SYS_RESOURCE"], after: [] },
    { place: "absent", before: ["CAP_KILL"], after: ["CAP_KILL"] },
  ])("takes a capability out that stands $place", ({ before, after }) => {
    const result = start({ process: { capabilities: capabilities(...before) } }, create, [
      "CAP_SYS_RESOURCE",
    ]);
    expect(result.after).toEqual({ process: { capabilities: capabilities(...after) } });
  });

  test("takes several neighbours out at once", () => {
    const all = ["CAP_SYS_TIME", "CAP_SYS_RESOURCE", "CAP_KILL", "CAP_BPF"];
    const result = start({ process: { capabilities: capabilities(...all) } }, create, [
      "CAP_SYS_TIME",
      "CAP_SYS_RESOURCE",
      "CAP_BPF",
    ]);
    expect(result.after.process.capabilities.bounding).toEqual(["CAP_KILL"]);
  });

  test("becomes runc with exactly the arguments it was given", () => {
    const result = start({}, create, ["CAP_BPF"]);
    expect(result.said).toBe(`--root /r create --bundle ${join(directory, "a bundle")} id`);
  });

  test("edits the process of `exec` too", () => {
    const exec = (bundle: string) => ["exec", "--process", join(bundle, "config.json"), "id"];
    const result = start({ capabilities: capabilities("CAP_BPF") }, exec, ["CAP_BPF"]);
    expect(result.after).toEqual({ capabilities: capabilities() });
  });

  test("leaves a command and an environment alone that name the capability", () => {
    const specification = {
      process: {
        args: ["echo", "CAP_BPF", '"bounding":["CAP_BPF"]'],
        env: ['X="bounding":["CAP_BPF","CAP_KILL"]'],
        capabilities: capabilities("CAP_KILL"),
      },
    };
    expect(start(specification, create, ["CAP_BPF"]).after).toEqual(specification);
  });

  test("passes a call without a specification on as it is", () => {
    expect(start({}, () => ["state", "id"], ["CAP_BPF"]).said).toBe("state id");
  });
});
