import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type YAMLMap } from "yaml";

/**
 * The keys of "AWS CodeBuild User Guide: Build specification reference", version 0.2, that Slipway's
 * own buildspecs use. Every other key is refused. Leaves out artifacts, cache, reports, batch, proxy,
 * run-as, runtime-versions and the retrying forms of on-failure.
 */
export type Buildspec = {
  readonly shell: "bash" | "sh";
  readonly variables: Readonly<Record<string, string>>;
  readonly phases: Readonly<Partial<Record<PhaseName, Phase>>>;
};

export type Phase = {
  readonly commands: readonly string[];
  readonly finally: readonly string[];
  readonly onFailure?: "ABORT" | "CONTINUE";
};

export const PHASES = ["install", "pre_build", "build", "post_build"] as const;
export type PhaseName = (typeof PHASES)[number];

/** A buildspec that cannot be run; the message starts with FILE:LINE:COLUMN. */
export class BuildspecError extends Error {
  override readonly name = "BuildspecError";
}

const MAX_BYTES = 64 * 1024;

/** Reads a buildspec. Throws BuildspecError for what it does not know. */
export function parseBuildspec(text: string, file: string): Buildspec {
  if (Buffer.byteLength(text) > MAX_BYTES) {
    throw new BuildspecError(`${file}:1:1: a buildspec has at most ${MAX_BYTES} bytes`);
  }
  const lines = new LineCounter();
  const refuse: Refuse = (node, problem) => {
    const { line, col } = lines.linePos(node?.range?.[0] ?? 0);
    throw new BuildspecError(`${file}:${line}:${col}: ${problem}`);
  };
  const document = parseDocument(text, { lineCounter: lines, version: "1.1" });
  const broken = document.errors[0];
  if (broken) {
    const { line, col } = lines.linePos(broken.pos[0]);
    throw new BuildspecError(`${file}:${line}:${col}: ${broken.message.split("\n")[0]}`);
  }
  const top = entries(document.contents, "the buildspec", ["version", "env", "phases"], refuse);
  const version = top.get("version");
  if (!isScalar(version) || Number(version.value) !== 0.2) {
    refuse(version ?? document.contents, "version: 0.2 is needed");
  }
  const env = entries(top.get("env"), "env", ["shell", "variables"], refuse);
  const variables = [...entries(env.get("variables"), "env.variables", undefined, refuse)].map(
    ([name, node]) => [checkedName(name, node, refuse), scalarText(node, name, refuse)] as const,
  );
  const phases = [...entries(top.get("phases"), "phases", PHASES, refuse)].map(
    ([name, node]) => [name, phase(node, `phases.${name}`, refuse)] as const,
  );
  if (phases.length === 0) {
    refuse(top.get("phases") ?? document.contents, "phases: at least one is needed");
  }
  return {
    shell: shell(env.get("shell"), refuse),
    variables: Object.fromEntries(variables),
    phases: Object.fromEntries(phases),
  };
}

type Refuse = (node: Node | null | undefined, problem: string) => never;

function phase(node: Node, where: string, refuse: Refuse): Phase {
  const keys = entries(node, where, ["commands", "finally", "on-failure"], refuse);
  const onFailure = keys.get("on-failure");
  const commands = strings(keys.get("commands"), `${where}.commands`, refuse);
  if (commands.length === 0) {
    refuse(node, `${where}.commands: at least one is needed`);
  }
  const rest = { commands, finally: strings(keys.get("finally"), `${where}.finally`, refuse) };
  if (onFailure === undefined) {
    return rest;
  }
  const value = isScalar(onFailure) ? onFailure.value : undefined;
  return value === "ABORT" || value === "CONTINUE"
    ? { ...rest, onFailure: value }
    : refuse(onFailure, `${where}.on-failure: ABORT or CONTINUE is needed`);
}

function shell(node: Node | undefined, refuse: Refuse): "bash" | "sh" {
  const value = isScalar(node) ? node.value : undefined;
  if (node === undefined || value === "/bin/sh") {
    return "sh";
  }
  return value === "bash" ? "bash" : refuse(node, "env.shell: bash or /bin/sh is needed");
}

function entries(
  node: unknown,
  where: string,
  known: readonly string[] | undefined,
  refuse: Refuse,
): Map<string, Node> {
  const found = new Map<string, Node>();
  if (node === undefined || node === null) {
    return found;
  }
  const map: YAMLMap = isMap(node) ? node : refuse(asNode(node), `${where}: a map is needed`);
  for (const { key, value } of map.items) {
    const name = isScalar(key) ? String(key.value) : "?";
    if (known !== undefined && !known.includes(name)) {
      refuse(asNode(key), `${where}: "${name}" is not supported (${known.join(", ")})`);
    }
    found.set(name, asNode(value) ?? refuse(asNode(key), `${where}.${name}: is empty`));
  }
  return found;
}

function strings(node: Node | undefined, where: string, refuse: Refuse): string[] {
  if (node === undefined) {
    return [];
  }
  if (!isSeq(node)) {
    return refuse(node, `${where}: a list of commands is needed`);
  }
  return node.items.map((item) => scalarText(asNode(item), where, refuse));
}

function scalarText(node: Node | undefined, where: string, refuse: Refuse): string {
  return isScalar(node) && node.value !== null
    ? (node.source ?? String(node.value))
    : refuse(node, `${where}: text is needed`);
}

function checkedName(name: string, node: Node, refuse: Refuse): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)
    ? name
    : refuse(node, `env.variables: "${name}" is not a variable's name`);
}

function asNode(value: unknown): Node | undefined {
  return isMap(value) || isSeq(value) || isScalar(value) ? value : undefined;
}
