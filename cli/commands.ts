import type { Command } from "commander";

/** Each command, in the order of the help; what it needs is loaded when it is asked for. */
export const commands: Readonly<Record<string, () => Promise<Command>>> = {
  up: async () => (await import("./commands/up.ts")).upCommand(),
  down: async () => (await import("./commands/down.ts")).downCommand(),
  demo: async () => (await import("./commands/demo.ts")).demoCommand(),
  doctor: async () => (await import("./commands/doctor.ts")).doctorCommand(),
  init: async () => (await import("./commands/init.ts")).initCommand(),
  run: async () => (await import("./commands/run.ts")).runCommand(),
  pipelines: async () => (await import("./commands/pipelines.ts")).pipelinesCommand(),
  status: async () => (await import("./commands/status.ts")).statusCommand(),
  cost: async () => (await import("./commands/cost.ts")).costCommand(),
  logs: async () => (await import("./commands/logs.ts")).logsCommand(),
  artifacts: async () => (await import("./commands/artifacts.ts")).artifactsCommand(),
  retry: async () => (await import("./commands/control.ts")).retryCommand(),
  cancel: async () => (await import("./commands/control.ts")).cancelCommand(),
  play: async () => (await import("./commands/control.ts")).playCommand(),
  approve: async () => (await import("./commands/approve.ts")).approveCommand(),
  secret: async () => (await import("./commands/secret.ts")).secretCommand(),
  connect: async () => (await import("./commands/connect.ts")).connectCommand(),
  deliveries: async () => (await import("./commands/deliveries.ts")).deliveriesCommand(),
  redeliver: async () => (await import("./commands/redeliver.ts")).redeliverCommand(),
  sync: async () => (await import("./commands/sync.ts")).syncCommand(),
  lint: async () => (await import("./commands/lint.ts")).lintCommand(),
  compile: async () => (await import("./commands/compile.ts")).compileCommand(),
  simulate: async () => (await import("./commands/simulate.ts")).simulateCommand(),
  event: async () => (await import("./commands/event.ts")).eventCommand(),
};

/** The command that the arguments name; all of them where they name none. */
export function commandsFor([first = ""]: readonly string[]): Promise<readonly Command[]> {
  const named = Object.hasOwn(commands, first) ? commands[first] : undefined;
  const wanted = named === undefined ? Object.values(commands) : [named];
  return Promise.all(wanted.map((make) => make()));
}
